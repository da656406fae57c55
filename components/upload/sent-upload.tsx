"use client";

import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "#components/api/trpc.ts";
import { QueryNotice, RowsToCome } from "#components/ingest/query-notice.tsx";
import { UploadActions } from "#components/ingest/upload-actions.tsx";
import { UploadCounts } from "#components/ingest/upload-counts.tsx";
import { UploadError } from "#components/ingest/upload-error.tsx";
import { UploadProgress } from "#components/ingest/upload-progress.tsx";
import { UploadStateMark } from "#components/ingest/upload-state-mark.tsx";

const LOOK_AGAIN_MS = 1_000;

/** What became of a file after its last byte arrived, as the server tells. */
export function SentUpload({ uploadId }: { uploadId: string }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(
    trpc.upload.get.queryOptions(
      { uploadId },
      {
        refetchInterval: ({ state: { data: known } }) =>
          known?.state === "done" || known?.state === "failed" ? false : LOOK_AGAIN_MS,
      },
    ),
  );
  if (!data && error) return <QueryNotice error={error} onRetry={() => void refetch()} />;
  if (!data) return <RowsToCome count={1} label="Asking how it is doing …" />;
  const hasEnded = data.state === "done" || data.state === "failed";
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <UploadStateMark upload={data} />
        {hasEnded && <UploadCounts counts={data} />}
      </div>
      <UploadProgress upload={{ ...data, bytesPerSecond: null }} />
      <UploadError upload={data} />
      {data.state === "failed" && <UploadActions upload={data} />}
    </div>
  );
}
