import clsx from "clsx";
import { memo, type ReactNode } from "react";
import { formatCount } from "#components/format/format-count.ts";
import { visibleText } from "#components/format/visible-text.ts";
import type { DiffLine, LineKind } from "#lib/changes/file-diff.ts";
import { splitRows } from "./split-rows.ts";

/** Longer lines are cut on screen: one enormous line costs more than thousands of short ones. UTF-16 units. */
const LINE_MAX_LENGTH = 2_000;

const marks = { same: " ", added: "+", removed: "−" } as const;
const washes = { same: "", added: "bg-success-wash", removed: "bg-danger-wash" } as const;
const inks = { same: "", added: "text-success", removed: "text-danger" } as const;

/** Draws the text of a line with its colours; null: as it is. */
export type DrawDiffLine = (line: DiffLine) => ReactNode;

interface RowsProps {
  lines: readonly DiffLine[];
  hasNumbers: boolean;
  draw: DrawDiffLine | null;
}

/** Removed and added lines below each other. */
export const UnifiedRows = memo(function UnifiedRows({ lines, hasNumbers, draw }: RowsProps) {
  return lines.map((line, index) => (
    <div key={index} className={clsx("flex", washes[line.kind])}>
      {hasNumbers && <LineNumber value={line.oldNumber} />}
      {hasNumbers && <LineNumber value={line.newNumber} />}
      <Mark kind={line.kind} />
      <Text line={line} draw={draw} />
    </div>
  ));
});

/** The file before and after beside each other. */
export const SplitRows = memo(function SplitRows({ lines, hasNumbers, draw }: RowsProps) {
  return splitRows(lines).map(({ before, after }, index) => (
    <div key={index} className="grid grid-cols-2">
      <Half line={before} number={before?.oldNumber ?? null} hasNumbers={hasNumbers} draw={draw} />
      <Half line={after} number={after?.newNumber ?? null} hasNumbers={hasNumbers} draw={draw} />
    </div>
  ));
});

interface HalfProps {
  line: DiffLine | null;
  number: number | null;
  hasNumbers: boolean;
  draw: DrawDiffLine | null;
}

function Half({ line, number, hasNumbers, draw }: HalfProps) {
  return (
    <div
      className={clsx(
        "flex min-h-5 min-w-0 border-line [&+&]:border-l",
        line === null ? "bg-sunken" : washes[line.kind],
      )}
    >
      {line !== null && (
        <>
          {hasNumbers && <LineNumber value={number} />}
          <Mark kind={line.kind} />
          <Text line={line} draw={draw} />
        </>
      )}
    </div>
  );
}

function LineNumber({ value }: { value: number | null }) {
  return (
    <span className="w-12 shrink-0 px-2 text-right text-faint select-none max-sm:hidden">
      {value}
    </span>
  );
}

function Mark({ kind }: { kind: LineKind }) {
  return (
    <span className={clsx("w-5 shrink-0 text-center whitespace-pre select-none", inks[kind])}>
      {marks[kind]}
    </span>
  );
}

function Text({ line, draw }: { line: DiffLine; draw: DrawDiffLine | null }) {
  const { text } = line;
  return (
    <span className="min-h-5 min-w-0 flex-1 pr-3 [overflow-wrap:anywhere] whitespace-pre-wrap">
      {draw !== null && text.length <= LINE_MAX_LENGTH
        ? draw(line)
        : visibleText(text.slice(0, LINE_MAX_LENGTH))}
      {text.length > LINE_MAX_LENGTH && ` … (${formatCount(text.length, "character")})`}
    </span>
  );
}
