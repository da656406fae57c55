"use client";

import clsx from "clsx";
import { useState } from "react";
import { Button } from "#components/ui/button.tsx";
import { formatCount } from "#components/format/format-count.ts";
import { visibleText } from "#components/format/visible-text.ts";
import type { DiffLine, FileDiff } from "./file-diff.ts";

/** Files with more changed lines are closed at first. */
const OPEN_MAX_LINES = 500;
/** Longer lines are cut on screen: one enormous line costs more than thousands of short ones. UTF-16 units. */
const LINE_MAX_LENGTH = 2_000;

const marks = { same: " ", added: "+", removed: "−" } as const;

/** One file's changes, unified, scrolling inside. */
export function DiffView({ diff }: { diff: FileDiff }) {
  const changedCount = diff.additions + diff.deletions;
  const [isOpen, setIsOpen] = useState(changedCount <= OPEN_MAX_LINES);
  return (
    <figure className="overflow-hidden rounded-sm border border-line">
      <figcaption className="flex items-center justify-between gap-3 border-b border-line bg-sunken px-3 py-1.5 text-meta last:border-b-0">
        <span className="min-w-0 truncate font-mono">{visibleText(diff.path)}</span>
        <ChangeCount additions={diff.additions} deletions={diff.deletions} />
      </figcaption>
      {isOpen ? (
        <div
          className="max-h-[60dvh] overflow-auto"
          tabIndex={0}
          role="region"
          aria-label={`Changes of ${diff.path}`}
        >
          <table className="w-full border-collapse font-mono text-code tabular">
            {diff.hunks.map((hunk, index) => (
              <tbody key={index} className={clsx(index > 0 && "border-t-4 border-sunken")}>
                {hunk.lines.map((line, at) => (
                  <Line key={at} line={line} />
                ))}
              </tbody>
            ))}
          </table>
        </div>
      ) : (
        <div className="p-3">
          <Button isSmall onClick={() => setIsOpen(true)}>
            Show {formatCount(changedCount, "changed line")}
          </Button>
        </div>
      )}
    </figure>
  );
}

function Line({ line: { kind, text, oldNumber, newNumber } }: { line: DiffLine }) {
  const number = "w-px px-2 text-right text-faint select-none align-top";
  return (
    <tr
      className={clsx(
        kind === "added" && "bg-success-wash",
        kind === "removed" && "bg-danger-wash",
      )}
    >
      <td className={clsx(number, "hidden sm:table-cell")}>{oldNumber}</td>
      <td className={clsx(number, "hidden sm:table-cell")}>{newNumber}</td>
      <td
        className={clsx(
          "w-px px-1 text-center select-none align-top",
          kind === "added" && "text-success",
          kind === "removed" && "text-danger",
        )}
      >
        {marks[kind]}
      </td>
      <td className="pr-3 [overflow-wrap:anywhere] whitespace-pre-wrap">
        {visibleText(text.slice(0, LINE_MAX_LENGTH))}
        {text.length > LINE_MAX_LENGTH && ` … (${formatCount(text.length, "character")})`}
      </td>
    </tr>
  );
}

/** `+120 −8`, in words for those who hear it. */
export function ChangeCount({ additions, deletions }: { additions: number; deletions: number }) {
  return (
    <span className="shrink-0 text-meta whitespace-nowrap tabular">
      <span className="sr-only">
        {formatCount(additions, "line")} added, {formatCount(deletions, "line")} removed
      </span>
      <span aria-hidden>
        {additions > 0 && <span className="text-success">+{additions.toLocaleString("en")}</span>}
        {additions > 0 && deletions > 0 && " "}
        {deletions > 0 && <span className="text-danger">−{deletions.toLocaleString("en")}</span>}
      </span>
    </span>
  );
}
