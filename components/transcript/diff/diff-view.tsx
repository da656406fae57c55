"use client";

import clsx from "clsx";
import { useMemo, useRef, useState } from "react";
import { Columns2, Rows2 } from "lucide-react";
import { Button } from "#components/ui/button.tsx";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { formatCount } from "#components/format/format-count.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { LazyBlock } from "../lines/lazy-block.tsx";
import { countFound, useFoundText } from "../use-found.ts";
import type { Change } from "#lib/changes/read-changes.ts";
import { ChangeCount } from "./change-count.tsx";
import { toDiffBlocks, type DiffBlock } from "./diff-blocks.ts";
import { SplitRows, UnifiedRows } from "./diff-rows.tsx";
import type { FileDiff } from "#lib/changes/file-diff.ts";
import { toPatch } from "./to-patch.ts";
import { useDiffLayout } from "./use-diff-layout.ts";
import { useDiffColours } from "./use-diff-colours.tsx";
import { useFileDiff } from "./use-file-diff.ts";

/** Files with more changed lines are closed at first. */
const OPEN_MAX_LINES = 500;
/** Of still more lines the rest is not drawn: each block of them is an element. */
const BLOCKS_MAX = 2_000;

/** One file's changes, scrolling inside. */
export function DiffView({ change }: { change: Change }) {
  const diff = useFileDiff(change);
  if (typeof diff !== "string") return <Diff diff={diff} />;
  return (
    <p className="rounded-sm border border-line px-3 py-2 text-meta text-faint">
      <span className="font-mono">{visibleText(change.path)}</span>
      {diff === "comparing"
        ? ": comparing both versions …"
        : ": too large to be compared here. Both versions are in the raw JSON."}
    </p>
  );
}

function Diff({ diff }: { diff: FileDiff }) {
  const changedCount = diff.additions + diff.deletions;
  const [isOpen, setIsOpen] = useState(changedCount <= OPEN_MAX_LINES);
  const isFound = useFoundText() !== null;
  if (isFound && !isOpen) setIsOpen(true);
  const figure = useRef<HTMLElement>(null);
  const { isSplit, canSplit, toggle } = useDiffLayout(figure);
  return (
    <figure ref={figure} className="group/diff overflow-hidden rounded-sm border border-line">
      <figcaption className="flex min-h-8 items-center gap-3 border-b border-line bg-sunken px-3 text-meta last:border-b-0">
        <span className="min-w-0 flex-1 truncate font-mono">{visibleText(diff.path)}</span>
        {diff.note !== null && (
          <span className="truncate text-faint">{visibleText(diff.note)}</span>
        )}
        {canSplit && isOpen && changedCount > 0 && (
          <button
            type="button"
            aria-pressed={isSplit}
            onClick={toggle}
            className="inline-flex items-center gap-1.5 rounded text-faint hover:text-ink"
          >
            {isSplit ? (
              <Rows2 aria-hidden className="size-3.5" />
            ) : (
              <Columns2 aria-hidden className="size-3.5" />
            )}
            {isSplit ? "Unified" : "Side by side"}
          </button>
        )}
        {changedCount > 0 && (
          <CopyButton text={() => toPatch(diff)} label="Copy as a patch" className="-mx-1.5" />
        )}
        <ChangeCount additions={diff.additions} deletions={diff.deletions} />
      </figcaption>
      {changedCount > 0 &&
        (isOpen ? (
          <DiffLines diff={diff} isSplit={isSplit} />
        ) : (
          <div className="p-3">
            <Button isSmall onClick={() => setIsOpen(true)}>
              Show {formatCount(changedCount, "changed line")}
            </Button>
          </div>
        ))}
      {diff.isCoarse && (
        <p className="border-t border-line px-3 py-1.5 text-meta text-faint">
          Too different to be matched line by line: whole stretches count as removed and added.
        </p>
      )}
    </figure>
  );
}

function DiffLines({ diff, isSplit }: { diff: FileDiff; isSplit: boolean }) {
  const container = useRef<HTMLDivElement>(null);
  const draw = useDiffColours(diff);
  const blocks = useMemo(() => toDiffBlocks(diff), [diff]);
  const foundCounts = useFoundCounts(blocks);
  const hasNumbers = diff.hunks.some(({ lines }) =>
    lines.some(({ oldNumber, newNumber }) => oldNumber !== null || newNumber !== null),
  );
  const shown = blocks.slice(0, BLOCKS_MAX);
  const Rows = isSplit ? SplitRows : UnifiedRows;
  return (
    <div
      ref={container}
      className="max-h-[60dvh] overflow-auto bg-surface font-mono text-code tabular"
      tabIndex={0}
      role="group"
      aria-label={`Changes of ${visibleText(diff.path)}`}
    >
      {shown.map(({ lines, beginsHunk }, index) => (
        <div key={index} className={clsx(beginsHunk && "border-t-4 border-sunken")}>
          <LazyBlock
            rowCount={lines.length}
            container={container}
            isFirst={index === 0}
            isNow={shown.length <= 12}
            foundCount={foundCounts?.[index] ?? 0}
          >
            <Rows lines={lines} hasNumbers={hasNumbers} draw={draw} />
          </LazyBlock>
        </div>
      ))}
      {blocks.length > BLOCKS_MAX && (
        <p className="px-3 py-1.5 font-sans text-meta text-faint">
          Only the beginning is shown here. Copying gives all of it.
        </p>
      )}
    </div>
  );
}

/** How often each block holds what the reader looks for here; null while that is nothing. */
function useFoundCounts(blocks: readonly DiffBlock[]): readonly number[] | null {
  const wanted = useFoundText();
  return useMemo(() => {
    if (wanted === null) return null;
    return blocks.map(({ lines }) =>
      lines.reduce((sum, { text }) => sum + countFound(text, wanted), 0),
    );
  }, [blocks, wanted]);
}
