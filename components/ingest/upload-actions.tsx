"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Download, RotateCw } from "lucide-react";
import type { Upload } from "#lib/upload.ts";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { Button } from "#components/ui/button.tsx";
import { useNow } from "#components/ui/clock.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { useHydrated } from "#components/ui/use-hydrated.ts";
import { keptUntil, nameOf } from "./upload-words.ts";

/** Replay of what failed, and the received bytes as a file for as long as they are kept. */
export function UploadActions({ upload }: { upload: Upload }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const replay = useMutation(
    trpc.upload.replay.mutationOptions({
      onSettled: () => queryClient.invalidateQueries(trpc.upload.pathFilter()),
    }),
  );
  const isHydrated = useHydrated();
  const { uploadId, state, isKept } = upload;
  const hasEnded = state === "done" || state === "failed";
  if (!hasEnded && (!isKept || state === "receiving")) return null;
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        {state === "failed" && isKept && (
          <Button
            isSmall
            disabled={!isHydrated || replay.isPending}
            onClick={() => replay.mutate({ uploadId })}
            aria-label={`Replay ${nameOf(upload)}`}
          >
            <RotateCw aria-hidden className="size-3" />
            Replay
          </Button>
        )}
        {isKept && (
          <a
            href={`/api/v1/uploads/${uploadId}/raw`}
            download
            aria-label={`Download as received: ${nameOf(upload)}`}
            className="inline-flex h-7 items-center gap-1.5 rounded px-2 first:-ml-2 text-meta font-medium text-soft transition-colors hover:bg-hover hover:text-ink pointer-coarse:h-9"
          >
            <Download aria-hidden className="size-3" />
            Download as received
          </a>
        )}
        {hasEnded && <Kept upload={upload} />}
      </div>
      {replay.error && (
        <p className="text-meta">
          <ErrorText>{readError(replay.error).message}</ErrorText>
        </p>
      )}
    </div>
  );
}

function Kept({ upload }: { upload: Upload }) {
  const isHydrated = useHydrated();
  const nowMs = useNow();
  const until = keptUntil(upload);
  if (until === null || !isHydrated) return null;
  if (!upload.isKept && upload.way === "direct" && upload.state === "done")
    return <p className="text-meta text-faint">Stored at once; the bytes were not kept apart.</p>;
  const day = until.toLocaleDateString(undefined, { day: "numeric", month: "short" });
  if (upload.isKept) return <p className="text-meta text-faint">Kept until {day}</p>;
  const wasKept = until.getTime() < nowMs;
  return (
    <p className="text-meta text-faint">
      {wasKept
        ? `The received bytes were kept until ${day}.`
        : "No received bytes are kept: send it again."}
    </p>
  );
}
