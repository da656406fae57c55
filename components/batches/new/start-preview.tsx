"use client";

import { CircleAlert } from "lucide-react";
import { useState } from "react";
import type { BatchKind } from "#lib/batch.ts";
import { formatCount } from "#components/format/format-count.ts";
import { shortRepository } from "#components/format/short-repository.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { Button } from "#components/ui/button.tsx";
import type { BatchPlan } from "./plan-batch.ts";
import { type StartFields, type StartRow, withDefaults } from "./start-rows.ts";

const SHOWN_STEP = 50;

interface StartPreviewProps {
  plan: BatchPlan;
  defaults: StartFields;
}

/** What would start, row by row, before anything is sent. */
export function StartPreview({ plan, defaults }: StartPreviewProps) {
  const { rows, problemCount } = plan;
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
          {plan.kind === "start" ? "What will start" : "Lines with a problem"}
        </h2>
        {problemCount > 0 && plan.kind === "start" && (
          <label className="flex items-center gap-2 text-label text-soft">
            <input
              type="checkbox"
              checked={wantsProblems}
              onChange={(event) => setWantsProblems(event.target.checked)}
              className="size-4"
            />
            Only {formatCount(problemCount, "row")} with a problem
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
              {plan.kind === "start" ? (
                <>
                  <th scope="col">Row</th>
                  <th scope="col">Prompt</th>
                  <th scope="col">Repository</th>
                  <th scope="col" className="max-sm:hidden">
                    Branch
                  </th>
                  <th scope="col" className="max-sm:hidden">
                    Agent
                  </th>
                </>
              ) : (
                <>
                  <th scope="col">Line of the file</th>
                  <th scope="col" className="w-full">
                    Problem
                  </th>
                </>
              )}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, position) => (
              <PreviewRow
                key={row.line ?? position}
                kind={plan.kind}
                row={row}
                number={row.line ?? position + 1}
                defaults={defaults}
              />
            ))}
          </tbody>
        </table>
      </div>
      {wanted.length > shown.length && (
        <Button isSmall className="self-center" onClick={() => setShownCount(4 * shownCount)}>
          Show more of {formatCount(wanted.length, "row")}
        </Button>
      )}
    </section>
  );
}

interface PreviewRowProps {
  kind: BatchKind;
  row: StartRow;
  number: number;
  defaults: StartFields;
}

function PreviewRow({ kind, row, number, defaults }: PreviewRowProps) {
  const { prompt, repository, branch, agent } = withDefaults(row.fields, defaults);
  const { problem } = row;
  return (
    <tr
      data-problem={problem !== null}
      className="align-top [&>td]:border-b [&>td]:border-line [&>td]:px-3 [&>td]:py-2 last:[&>td]:border-b-0"
    >
      <td className="text-faint tabular">{number.toLocaleString("en")}</td>
      <td className="min-w-40">
        {kind === "start" && (
          <span className="line-clamp-2 wrap-anywhere">{visibleText(prompt)}</span>
        )}
        {problem !== null && (
          <span className="mt-1 flex items-start gap-1.5 text-meta text-danger">
            <CircleAlert aria-hidden className="mt-px size-3.5 shrink-0" />
            {problem}
          </span>
        )}
      </td>
      {kind === "start" && (
        <>
          <td className="min-w-40 font-mono text-code wrap-anywhere" title={repository}>
            {shortRepository(repository)}
          </td>
          <td className="font-mono text-code wrap-anywhere max-sm:hidden">{branch}</td>
          <td className="max-sm:hidden">{agent}</td>
        </>
      )}
    </tr>
  );
}
