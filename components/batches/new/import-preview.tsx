"use client";

import { formatBytes } from "#components/format/format-bytes.ts";
import { visibleText } from "#components/format/visible-text.ts";
import type { BatchPlan } from "./plan-batch.ts";
import { PreviewRow, RowProblem } from "./preview-cells.tsx";
import { PreviewTable } from "./preview-table.tsx";

/** Which sessions the lines of a file hold, as far as they say. */
export function ImportPreview({ plan: { imports, problemCount } }: { plan: BatchPlan }) {
  return (
    <PreviewTable
      title="What will be brought"
      noun="line"
      rows={imports}
      problemCount={problemCount}
      head={
        <>
          <th scope="col">Line</th>
          <th scope="col" className="w-full">
            Session
          </th>
          <th scope="col" className="text-right">
            Size
          </th>
        </>
      }
      renderRow={({ line, name, bytes, problem }) => (
        <PreviewRow key={line} number={line} hasProblem={problem !== null}>
          <td>
            {problem === null && (
              <span className="line-clamp-2 wrap-anywhere">
                {name === null ? (
                  <span className="text-faint">A session of its own</span>
                ) : (
                  visibleText(name)
                )}
              </span>
            )}
            <RowProblem problem={problem} />
          </td>
          <td className="text-right whitespace-nowrap text-faint tabular">{formatBytes(bytes)}</td>
        </PreviewRow>
      )}
    />
  );
}
