"use client";

import { useMutation } from "@tanstack/react-query";
import { Ban, Download, RotateCw } from "lucide-react";
import { useState } from "react";
import type { Batch } from "#lib/batch.ts";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { formatCount } from "#components/format/format-count.ts";
import { linkButton } from "#components/frame/notice-page.tsx";
import { Button } from "#components/ui/button.tsx";
import { ConfirmDialog } from "#components/ui/confirm-dialog.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { describeAbort } from "./batch-words.ts";
import { SealButton } from "./seal-button.tsx";
import { useFailures } from "./use-failures.ts";
import { stopSending } from "./sending/batch-sendings.ts";

/** What can be done with a batch as a whole. */
export function BatchActions({ batch }: { batch: Batch }) {
  const { batchId, state, counts, received } = batch;
  const trpc = useTRPC();
  const [isAborting, setIsAborting] = useState(false);
  const retry = useMutation(trpc.batch.retry.mutationOptions());
  const abort = useMutation(
    trpc.batch.abort.mutationOptions({
      onSuccess() {
        stopSending(batchId);
        setIsAborting(false);
      },
    }),
  );
  const { data: failures } = useFailures(batch);
  const retriableCount = counts.failed - (failures?.unreadableCount ?? 0);
  const isOver = state === "done" || state === "aborted";
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap gap-2">
        {failures !== undefined && retriableCount > 0 && state !== "aborted" && (
          <Button disabled={retry.isPending} onClick={() => retry.mutate({ batchId })}>
            <RotateCw aria-hidden className="size-4" />
            Retry {retriableCount.toLocaleString("en")} failed
          </Button>
        )}
        {state === "open" && received > 0 && <SealButton batch={batch} />}
        {received > 0 && (
          <a
            href={`/api/v1/batches/${batchId}/results`}
            download={`${batchId}.ndjson`}
            className={`${linkButton} gap-2`}
          >
            <Download aria-hidden className="size-4" />
            Results
          </a>
        )}
        {!isOver && (
          <Button look="danger" onClick={() => setIsAborting(true)}>
            <Ban aria-hidden className="size-4" />
            Abort …
          </Button>
        )}
      </div>
      {retry.error !== null && (
        <p className="text-label">
          <ErrorText>{readError(retry.error).message}</ErrorText>
        </p>
      )}
      {retry.data && (
        <p role="status" className="text-label text-soft">
          {describeRetry(retry.data)}
        </p>
      )}
      {isAborting && (
        <ConfirmDialog
          title="Abort this batch?"
          action="Abort"
          mutation={abort}
          onConfirm={() => abort.mutate({ batchId })}
          onClose={() => setIsAborting(false)}
        >
          {describeAbort(batch)}
        </ConfirmDialog>
      )}
    </div>
  );
}

function describeRetry({ retried, unreadable }: { retried: number; unreadable: number }): string {
  const words = retried > 0 ? [`${formatCount(retried, "line")} will be tried again.`] : [];
  if (unreadable > 0)
    words.push(
      `${formatCount(unreadable, "line")} could not be read: send ${unreadable === 1 ? "it" : "them"} again, corrected.`,
    );
  return words.join(" ") || "Nothing failed any more.";
}
