"use client";

import { useMutation } from "@tanstack/react-query";
import { Pause, Play, RotateCw, X } from "lucide-react";
import Link from "next/link";
import { useTRPC } from "#components/api/trpc.ts";
import { ProgressBar } from "#components/ingest/progress-bar.tsx";
import { IconButton } from "#components/ui/button.tsx";
import { SentUpload } from "./sent-upload.tsx";
import type { Transfer, TransferState } from "./transfer.ts";
import { TransferMark } from "./transfer-mark.tsx";
import { describeTransfer } from "./transfer-words.ts";
import { getTransfers } from "./transfers.ts";

const tones: Partial<Record<TransferState, "waiting" | "success" | "danger">> = {
  checking: "waiting",
  waiting: "waiting",
  paused: "waiting",
  offline: "waiting",
  sent: "success",
  failed: "danger",
};

/** One file with how far it is and what can be done about it. */
export function TransferRow({ transfer }: { transfer: Transfer }) {
  const { name, bytes, sentBytes, state, sessionId, uploadId, problem } = transfer;
  const hasSession = uploadId !== null;
  const share = bytes === 0 ? 0 : sentBytes / bytes;
  return (
    <li
      aria-label={name}
      className="flex flex-col gap-2 border-b border-line px-4 py-3.5 last:border-b-0"
    >
      <div className="flex items-center gap-3">
        <span title={name} className="min-w-0 flex-1 truncate text-label font-medium">
          {name}
        </span>
        {state !== "sent" && <TransferMark state={state} />}
        <Controls transfer={transfer} />
      </div>
      {state !== "sent" && state !== "refused" && (
        <>
          <ProgressBar label={`Sending ${name}`} value={share} tone={tones[state] ?? "running"} />
          <p className="flex flex-wrap justify-between gap-x-3 text-meta text-soft tabular">
            <span>{describeTransfer(transfer)}</span>
            <span>{Math.floor(share * 100)} %</span>
          </p>
        </>
      )}
      {problem !== null && (
        <p
          role={state === "offline" ? "status" : "alert"}
          className={state === "offline" ? "text-meta text-warning" : "text-label text-danger"}
        >
          {state === "offline" ? `${problem} It goes on by itself.` : problem}
        </p>
      )}
      {state === "sent" && uploadId !== null && <SentUpload uploadId={uploadId} />}
      {transfer.sessionOrigin === "before" && (
        <p className="text-meta text-soft">
          This session is here already: what is new in the file is added to it.
        </p>
      )}
      {hasSession && state !== "failed" && (
        <p className="text-meta text-faint">
          <Link
            href={`/sessions/${sessionId}`}
            className="rounded font-medium text-accent underline underline-offset-2"
          >
            Open its session
          </Link>
          {(state === "sending" || state === "waiting") && ". Sending goes on while you read."}
        </p>
      )}
    </li>
  );
}

function Controls({
  transfer: { transferId, name, state, sessionId, sessionOrigin },
}: {
  transfer: Transfer;
}) {
  const trpc = useTRPC();
  // Refused where something has come into it: then it stays.
  const discard = useMutation(trpc.session.discard.mutationOptions({ retry: false }));
  const isGoing = state === "sending" || state === "waiting" || state === "offline";
  async function remove() {
    const wasBegun = state !== "refused" && state !== "checking" && state !== "sent";
    await getTransfers().remove(transferId);
    if (wasBegun && sessionOrigin === "page") discard.mutate({ sessionId });
  }
  return (
    <span className="-my-1.5 -mr-2 flex shrink-0 items-center">
      {isGoing && (
        <IconButton label={`Pause ${name}`} onClick={() => getTransfers().pause(transferId)}>
          <Pause aria-hidden />
        </IconButton>
      )}
      {(state === "paused" || state === "offline") && (
        <IconButton label={`Go on with ${name}`} onClick={() => getTransfers().resume(transferId)}>
          <Play aria-hidden />
        </IconButton>
      )}
      {state === "failed" && (
        <IconButton label={`Try ${name} again`} onClick={() => getTransfers().resume(transferId)}>
          <RotateCw aria-hidden />
        </IconButton>
      )}
      <IconButton
        label={state === "sent" || state === "refused" ? `Remove ${name}` : `Cancel ${name}`}
        onClick={() => void remove()}
      >
        <X aria-hidden />
      </IconButton>
    </span>
  );
}
