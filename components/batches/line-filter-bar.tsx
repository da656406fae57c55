"use client";

import clsx from "clsx";
import type { Batch } from "#lib/batch.ts";
import { itemWords, type LineFilter } from "./batch-words.ts";

interface LineFilterBarProps {
  batch: Batch;
  oversizedCount: number;
  filter: LineFilter;
  onChange: (filter: LineFilter) => void;
}

/** The mark that a state has in the grid. */
const marks: Readonly<Record<LineFilter, string>> = {
  all: "",
  done: "bg-success",
  running: "border border-running bg-linear-to-t from-running from-50% to-transparent to-50%",
  queued: "border border-faint",
  failed: "bg-danger",
  cancelled: "bg-linear-to-b from-transparent from-40% via-faint via-40% to-transparent to-60%",
  missing: "bg-line",
  conflict: "border-2 border-warning",
  oversized: "bg-danger",
  unassigned: "border border-dashed border-danger",
};

/** How many lines there are of each kind; choosing one narrows the table. */
export function LineFilterBar({ batch, oversizedCount, filter, onChange }: LineFilterBarProps) {
  const { counts, received, missingCount, conflictCount, unassignedCount } = batch;
  const choices: [LineFilter, string, number][] = [
    ["all", "All", received],
    ["done", itemWords.done, counts.done],
    ["running", itemWords.running, counts.running],
    ["queued", itemWords.queued, counts.queued],
    ["failed", itemWords.failed, counts.failed],
    ["cancelled", itemWords.cancelled, counts.cancelled],
    ["oversized", "Too large", oversizedCount],
    ["conflict", "In conflict", conflictCount],
    ["missing", "Missing", missingCount],
    ["unassigned", "Without an index", unassignedCount],
  ];
  // What there may be always is shown always: a button that comes and goes would move the others.
  const rare = new Set<LineFilter>(["cancelled", "oversized", "conflict", "missing", "unassigned"]);
  const shown = choices.filter(
    ([value, , count]) => count > 0 || !rare.has(value) || value === filter,
  );
  return (
    <div role="group" aria-label="Show lines" className="flex flex-wrap gap-1.5">
      {shown.map(([value, word, count]) => (
        <button
          key={value}
          type="button"
          aria-pressed={filter === value}
          onClick={() => onChange(value)}
          className={clsx(
            "inline-flex h-7 items-center gap-1.5 rounded border px-2 text-meta font-medium whitespace-nowrap transition-colors hover:bg-hover pointer-coarse:h-9 pointer-coarse:px-3",
            filter === value
              ? "border-accent bg-accent-wash text-ink"
              : "border-edge bg-surface text-soft",
          )}
        >
          {value !== "all" && (
            <span aria-hidden className={clsx("size-2.5 rounded-[1px]", marks[value])} />
          )}
          {word} <span className="tabular">{count.toLocaleString("en")}</span>
        </button>
      ))}
    </div>
  );
}
