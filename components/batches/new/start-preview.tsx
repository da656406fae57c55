"use client";

import { shortRepository } from "#components/format/short-repository.ts";
import { visibleText } from "#components/format/visible-text.ts";
import type { BatchPlan } from "./plan-batch.ts";
import { PreviewRow, RowProblem } from "./preview-cells.tsx";
import { PreviewTable } from "./preview-table.tsx";
import { type StartFields, withDefaults } from "./start-rows.ts";

interface StartPreviewProps {
  plan: BatchPlan;
  defaults: StartFields;
}

/** What would start. */
export function StartPreview({ plan: { rows, problemCount }, defaults }: StartPreviewProps) {
  return (
    <PreviewTable
      title="What will start"
      noun="row"
      rows={rows}
      problemCount={problemCount}
      head={
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
      }
      renderRow={({ line, fields, problem }, position) => {
        const { prompt, repository, branch, agent, profile } = withDefaults(fields, defaults);
        return (
          <PreviewRow
            key={line ?? position}
            number={line ?? position + 1}
            hasProblem={problem !== null}
          >
            <td className="min-w-40">
              <span className="line-clamp-2 wrap-anywhere">{visibleText(prompt)}</span>
              <RowProblem problem={problem} />
            </td>
            <td
              className="min-w-40 font-mono text-code wrap-anywhere sm:min-w-56"
              title={repository}
            >
              {shortRepository(repository)}
            </td>
            <td className="font-mono text-code wrap-anywhere max-sm:hidden">{branch}</td>
            <td className="min-w-28 wrap-anywhere max-sm:hidden">
              {agent}
              {profile !== "" && (
                <span className="block text-meta text-soft">{visibleText(profile)}</span>
              )}
            </td>
          </PreviewRow>
        );
      }}
    />
  );
}
