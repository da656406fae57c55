"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { formatCount } from "#components/format/format-count.ts";
import { QueryNotice, RowsToCome } from "#components/ingest/query-notice.tsx";
import { DiffView } from "#components/transcript/diff/diff-view.tsx";
import { Button } from "#components/ui/button.tsx";
import type { FileDiff } from "#lib/changes/file-diff.ts";
import { splitPatch } from "#lib/changes/split-patch.ts";
import { readProblem } from "#lib/problem.ts";

/** Larger patches are for download only. */
const PATCH_MAX_BYTES = 4_000_000;
/** Files that are drawn at first, and with every press. */
const FILES_AT_ONCE = 50;

interface ChangedFilesProps {
  sessionId: string;
  bytes: number;
  /** Another moment is another patch. */
  measuredAt: string;
}

/** Every file of the patch with its changes; large ones are closed at first. */
export function ChangedFiles({ sessionId, bytes, measuredAt }: ChangedFilesProps) {
  const isTooLarge = bytes > PATCH_MAX_BYTES;
  const { data, error, refetch } = useQuery({
    queryKey: ["changes", sessionId, measuredAt],
    queryFn: ({ signal }) => fetchPatch(sessionId, signal),
    enabled: !isTooLarge,
    staleTime: Infinity,
  });
  if (isTooLarge)
    return (
      <p className="px-5 py-4 text-label text-soft">
        The changes are too large to be shown here. The patch holds all of them.
      </p>
    );
  if (error) return <QueryNotice error={error} onRetry={() => void refetch()} />;
  if (!data) return <RowsToCome count={3} label="Reading the changes" />;
  return <FileList files={data} />;
}

async function fetchPatch(sessionId: string, signal: AbortSignal): Promise<FileDiff[]> {
  const response = await fetch(`/api/v1/sessions/${sessionId}/changes.patch`, { signal });
  const text = await response.text();
  if (!response.ok) throw new Error(readProblem(text) ?? "The changes could not be read");
  return splitPatch(text);
}

function FileList({ files }: { files: readonly FileDiff[] }) {
  const [count, setCount] = useState(FILES_AT_ONCE);
  const rest = files.length - count;
  return (
    <div className="flex flex-col gap-3 px-5 py-4">
      {files.slice(0, count).map((diff) => (
        <DiffView key={diff.path} change={{ kind: "lines", path: diff.path, diff }} />
      ))}
      {rest > 0 && (
        <Button isSmall onClick={() => setCount(count + FILES_AT_ONCE)}>
          Show more: {formatCount(rest, "file")} left
        </Button>
      )}
    </div>
  );
}
