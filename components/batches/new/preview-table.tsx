"use client";

import { useState, type ReactNode } from "react";
import { formatCount } from "#components/format/format-count.ts";
import { Button } from "#components/ui/button.tsx";

const SHOWN_STEP = 50;

interface PreviewTableProps<Row> {
  title: string;
  /** What a row is called. */
  noun: string;
  rows: readonly Row[];
  problemCount: number;
  /** Cells of the head. */
  head: ReactNode;
  /** `position` is from 0, among the rows that are shown. */
  renderRow: (row: Row, position: number) => ReactNode;
}

/** What would be sent, row by row, before anything is; the first rows of very many, and on request those with a problem. */
export function PreviewTable<Row extends { problem: string | null }>(
  props: PreviewTableProps<Row>,
) {
  const { title, noun, rows, problemCount, head, renderRow } = props;
  const [wantsProblems, setWantsProblems] = useState(false);
  const [shownCount, setShownCount] = useState(SHOWN_STEP);
  const isOnlyProblems = wantsProblems && problemCount > 0;
  const wanted = isOnlyProblems ? rows.filter(({ problem }) => problem !== null) : rows;
  const shown = wanted.slice(0, shownCount);
  if (rows.length === 0) return null;
  return (
    <section aria-labelledby="preview" className="flex flex-col gap-3">
      <div className="flex min-h-9 flex-wrap items-center gap-x-4 gap-y-2">
        <h2 id="preview" className="mr-auto text-label font-semibold">
          {title}
        </h2>
        {problemCount > 0 && (
          <label className="flex items-center gap-2 text-label text-soft">
            <input
              type="checkbox"
              checked={wantsProblems}
              onChange={(event) => setWantsProblems(event.target.checked)}
              className="size-4"
            />
            Only {formatCount(problemCount, noun)} with a problem
          </label>
        )}
      </div>
      <div
        role="region"
        aria-labelledby="preview"
        tabIndex={0}
        className="max-h-96 overflow-auto rounded border border-line bg-surface"
      >
        <table className="w-full border-collapse text-left text-label">
          <thead className="sticky top-0 z-10 bg-surface text-meta text-faint">
            <tr className="[&>th]:border-b [&>th]:border-line [&>th]:px-3 [&>th]:py-2 [&>th]:font-medium">
              {head}
            </tr>
          </thead>
          <tbody>{shown.map(renderRow)}</tbody>
        </table>
      </div>
      {wanted.length > shown.length && (
        <Button isSmall className="self-center" onClick={() => setShownCount(4 * shownCount)}>
          Show more of {formatCount(wanted.length, noun)}
        </Button>
      )}
    </section>
  );
}
