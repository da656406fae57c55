"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTRPC } from "#components/api/trpc.ts";
import { formatCount } from "#components/format/format-count.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { ProgressBar } from "#components/ingest/progress-bar.tsx";
import { QueryNotice } from "#components/ingest/query-notice.tsx";
import { LoadMore } from "#components/ui/load-more.tsx";
import { RelativeTime } from "#components/ui/relative-time.tsx";
import { BatchMark } from "./batch-marks.tsx";
import type { BatchPage } from "./batch-view.ts";
import { describeSize, shareEnded } from "./batch-words.ts";

const LOOK_AGAIN_MS = 3_000;

/** The team's batches, newest first; read again while one of them is at work. */
export function BatchList({ firstPage }: { firstPage: BatchPage }) {
  const trpc = useTRPC();
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useInfiniteQuery(
    trpc.batch.list.infiniteQueryOptions(
      {},
      {
        getNextPageParam: (page) => page.next,
        initialData: { pages: [firstPage], pageParams: [null] },
        refetchInterval: ({ state }) => {
          const shown = state.data?.pages.flatMap((page) => page.batches) ?? [];
          return shown.some(({ finishedAt }) => finishedAt === null) ? LOOK_AGAIN_MS : false;
        },
      },
    ),
  );
  const batches = data.pages.flatMap((page) => page.batches);
  return (
    <div className="flex flex-col gap-4">
      {error && <QueryNotice error={error} onRetry={() => void refetch()} />}
      {batches.length === 0 && (
        <div className="flex flex-col items-start gap-3 rounded border border-line p-6">
          <p>No batch was made here yet.</p>
          <Link
            href="/batches/new"
            className="rounded text-label font-medium text-accent underline underline-offset-2"
          >
            Start or import many sessions at once
          </Link>
        </div>
      )}
      {batches.length > 0 && (
        <ul aria-label="Batches" className="rounded border border-line bg-surface">
          {batches.map((batch) => (
            <BatchRow key={batch.batchId} batch={batch} />
          ))}
        </ul>
      )}
      <LoadMore {...{ hasNextPage, isFetchingNextPage, fetchNextPage }} />
    </div>
  );
}

function BatchRow({ batch }: { batch: BatchPage["batches"][number] }) {
  const { batchId, title, counts, createdAt, state } = batch;
  const { missingCount, conflictCount, unassignedCount, skippedItemCount } = batch;
  const isOver = state === "done" || state === "aborted";
  return (
    <li className="relative flex flex-col gap-2 border-b border-line px-4 py-3.5 last:border-b-0 hover:bg-hover">
      <div className="flex items-baseline justify-between gap-4">
        <Link
          href={`/batches/${batchId}`}
          className="line-clamp-2 min-w-0 rounded text-label font-medium wrap-anywhere after:absolute after:inset-0"
        >
          {visibleText(title ?? describeSize(batch))}
        </Link>
        <RelativeTime iso={createdAt} className="shrink-0 text-meta text-faint tabular" />
      </div>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-meta text-soft tabular">
        <BatchMark batch={batch} />
        {title !== null && <span>{describeSize(batch)}</span>}
        <span>{counts.done.toLocaleString("en")} done</span>
        {counts.failed > 0 && (
          <span className="text-danger">{counts.failed.toLocaleString("en")} failed</span>
        )}
        {counts.cancelled > 0 && <span>{counts.cancelled.toLocaleString("en")} cancelled</span>}
        {isOver && missingCount > 0 && (
          <span className="text-warning">{missingCount.toLocaleString("en")} missing</span>
        )}
        {conflictCount > 0 && (
          <span className="text-warning">{conflictCount.toLocaleString("en")} in conflict</span>
        )}
        {unassignedCount > 0 && (
          <span className="text-warning">
            {formatCount(unassignedCount, "line")} without an index
          </span>
        )}
        {skippedItemCount > 0 && (
          <span className="text-warning">{formatCount(skippedItemCount, "item")} skipped</span>
        )}
      </div>
      {!isOver && <ProgressBar label="Lines that ended" value={shareEnded(batch)} />}
    </li>
  );
}
