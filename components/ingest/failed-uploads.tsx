"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import type { inferRouterOutputs } from "@trpc/server";
import Link from "next/link";
import { useTRPC } from "#components/api/trpc.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import { formatCount } from "#components/format/format-count.ts";
import { LoadMore } from "#components/ui/load-more.tsx";
import { RelativeTime } from "#components/ui/relative-time.tsx";
import type { AppRouter } from "#server/routers/app-router.ts";
import { QueryNotice } from "./query-notice.tsx";
import { UploadActions } from "./upload-actions.tsx";
import { UploadCounts } from "./upload-counts.tsx";
import { UploadError } from "./upload-error.tsx";
import { nameOf } from "./upload-words.ts";

type FailedPage = inferRouterOutputs<AppRouter>["upload"]["failed"];
type FailedUpload = FailedPage["uploads"][number];

/** The dead letters of the team, newest first. */
export function FailedUploads({ firstPage }: { firstPage: FailedPage }) {
  const trpc = useTRPC();
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useInfiniteQuery(
    trpc.upload.failed.infiniteQueryOptions(
      {},
      {
        getNextPageParam: (page) => page.next,
        initialData: { pages: [firstPage], pageParams: [null] },
      },
    ),
  );
  const uploads = data.pages.flatMap((page) => page.uploads);
  return (
    <div className="flex flex-col gap-4">
      {error && <QueryNotice error={error} onRetry={() => void refetch()} />}
      {uploads.length === 0 && (
        <p className="rounded border border-dashed border-line px-3 py-4 text-label text-faint">
          Nothing failed: whatever was brought here was read to its end.
        </p>
      )}
      {uploads.length > 0 && (
        <ul aria-label="Failed uploads" className="rounded border border-line bg-surface">
          {uploads.map((upload) => (
            <FailedRow key={upload.uploadId} upload={upload} />
          ))}
        </ul>
      )}
      <LoadMore {...{ hasNextPage, isFetchingNextPage, fetchNextPage }} />
    </div>
  );
}

function FailedRow({ upload }: { upload: FailedUpload }) {
  const { sessionId, sessionTitle, bytes, attempt, endedAt, createdAt } = upload;
  return (
    <li
      aria-label={nameOf(upload)}
      className="flex flex-col gap-2.5 border-b border-line px-4 py-4 last:border-b-0"
    >
      <div className="flex items-baseline justify-between gap-3">
        <h2 className="min-w-0 text-label font-medium wrap-anywhere">{nameOf(upload)}</h2>
        <RelativeTime
          iso={endedAt ?? createdAt}
          className="shrink-0 text-meta text-faint tabular"
        />
      </div>
      <UploadError upload={upload} />
      <p className="text-meta text-soft tabular">
        Into{" "}
        <Link
          href={`/sessions/${sessionId}#uploads`}
          className="rounded text-accent underline underline-offset-2"
        >
          {sessionTitle}
        </Link>{" "}
        · {formatBytes(bytes)} · {formatCount(attempt, "attempt")}
      </p>
      <UploadCounts counts={upload} />
      <UploadActions upload={upload} />
    </li>
  );
}
