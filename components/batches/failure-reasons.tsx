"use client";

import type { Batch } from "#lib/batch.ts";
import { formatCount } from "#components/format/format-count.ts";
import { QueryNotice, RowsToCome } from "#components/ingest/query-notice.tsx";
import { faultWords } from "./batch-words.ts";
import { useFailures } from "./use-failures.ts";

interface FailureReasonsProps {
  batch: Batch;
  /** Leads to a line that has the reason. */
  onChoose: (index: number) => void;
}

/** Why lines failed, the most frequent reasons first. */
export function FailureReasons({ batch, onChoose }: FailureReasonsProps) {
  const { data, error, refetch } = useFailures(batch);
  return (
    <section aria-labelledby="reasons" className="flex flex-col gap-3">
      <h2 id="reasons" className="text-label font-semibold">
        Why lines failed
      </h2>
      {error && <QueryNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <RowsToCome count={2} label="Loading reasons …" />}
      {data && (
        <ul aria-labelledby="reasons" className="rounded border border-line bg-surface text-label">
          {data.reasons.map(({ fault, reason, count, firstIndex }) => (
            <li
              key={`${fault} ${reason}`}
              className="flex items-baseline gap-4 border-b border-line px-4 py-2.5 last:border-b-0"
            >
              <span className="w-14 shrink-0 text-right tabular">{count.toLocaleString("en")}</span>
              <span className="min-w-0 flex-1 wrap-anywhere">
                {fault !== null && reason !== null && (
                  <span className="text-soft">{faultWords[fault]}: </span>
                )}
                {reason ?? (fault === null ? "" : faultWords[fault])}
              </span>
              <button
                type="button"
                onClick={() => onChoose(firstIndex)}
                aria-label={`Show index ${firstIndex}, the first of ${formatCount(count, "line")}`}
                className="shrink-0 rounded text-meta text-accent underline underline-offset-2"
              >
                Index {firstIndex}
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
