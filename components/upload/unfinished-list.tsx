"use client";

import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { formatBytes } from "#components/format/format-bytes.ts";
import { ProgressBar } from "#components/ingest/progress-bar.tsx";
import { Button } from "#components/ui/button.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import type { Transfer } from "./transfer.ts";
import {
  findPrevious,
  findUnfinishedUploads,
  forgetUpload,
  type UnfinishedUpload,
} from "./unfinished-uploads.ts";

const unfinishedKey = ["unfinished-uploads"];

interface UnfinishedListProps {
  transfers: readonly Transfer[];
  onFile: (file: File, sessionId: string) => void;
}

/** What was being sent when the page was left: the browser gives a file only to the page in which it was chosen. */
export function UnfinishedList({ transfers, onFile }: UnfinishedListProps) {
  const { data = [] } = useQuery({
    // What a file leaves behind may have changed with every one that comes or goes.
    queryKey: [...unfinishedKey, transfers.map(({ transferId }) => transferId).join()],
    queryFn: findUnfinishedUploads,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  const known = new Set(transfers.map(({ uploadId }) => uploadId));
  const uploads = data.filter(({ uploadId }) => !known.has(uploadId));
  if (uploads.length === 0) return null;
  return (
    <section aria-labelledby="unfinished" className="flex flex-col gap-3">
      <h2 id="unfinished" className="text-label font-semibold">
        Left unfinished
      </h2>
      <ul aria-labelledby="unfinished" className="rounded border border-line bg-surface">
        {uploads.map((upload) => (
          <UnfinishedRow key={upload.uploadId} upload={upload} onFile={onFile} />
        ))}
      </ul>
    </section>
  );
}

interface UnfinishedRowProps {
  upload: UnfinishedUpload;
  onFile: (file: File, sessionId: string) => void;
}

function UnfinishedRow({ upload, onFile }: UnfinishedRowProps) {
  const { name, bytes, arrivedBytes, sessionId, previous } = upload;
  const queryClient = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const forget = useMutation({
    mutationFn: () => forgetUpload(upload),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: unfinishedKey }),
  });
  const share = arrivedBytes === null ? null : arrivedBytes / bytes;
  const percent = share === null ? "" : ` at ${Math.floor(share * 100)} %`;

  async function choose(file: File | undefined) {
    if (!file) return;
    const found = await findPrevious(file);
    if (found?.urlStorageKey === previous.urlStorageKey) return onFile(file, sessionId);
    setProblem(
      file.name === name && file.size === bytes
        ? `${name} was changed since. Bring it as a new file above.`
        : `${file.name} is another file: choose ${name} of ${formatBytes(bytes)}.`,
    );
  }

  return (
    <li
      aria-label={name}
      className="flex flex-col gap-2 border-b border-line px-4 py-3.5 last:border-b-0"
    >
      <span className="truncate text-label font-medium">{name}</span>
      <ProgressBar label={`Arrived of ${name}`} value={share} tone="waiting" />
      <p className="text-meta text-soft tabular">
        {arrivedBytes === null
          ? `How much of ${formatBytes(bytes)} arrived is not known right now.`
          : `${formatBytes(arrivedBytes)} of ${formatBytes(bytes)} arrived.`}{" "}
        Choose the file again to {arrivedBytes === 0 ? "begin" : `go on${percent}`}.
      </p>
      {(problem ?? forget.error) !== null && (
        <p className="text-meta">
          <ErrorText>{problem ?? "It could not be cancelled. Try again."}</ErrorText>
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        <input
          ref={input}
          type="file"
          hidden
          aria-label={`File for ${name}`}
          onChange={({ currentTarget }) => {
            void choose(currentTarget.files?.[0]);
            currentTarget.value = "";
          }}
        />
        <Button isSmall onClick={() => input.current?.click()}>
          Choose the file again
        </Button>
        <Button
          isSmall
          look="quiet"
          disabled={forget.isPending}
          onClick={() => forget.mutate()}
          aria-label={`Cancel ${name}`}
          title="What can be read of it already stays in its session"
        >
          Cancel
        </Button>
      </div>
    </li>
  );
}
