"use client";

import { useEffect, useState } from "react";
import type { Batch } from "#lib/batch.ts";
import type { IndexRanges } from "#lib/batch-lines/keep-wanted.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import { formatCount } from "#components/format/format-count.ts";
import { ProgressBar } from "#components/ingest/progress-bar.tsx";
import { Button } from "#components/ui/button.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { forgetBatch } from "./sending/batch-memory.ts";
import { type BatchSending, isUnderWay } from "./sending/batch-sending.ts";
import { goOnSending, stopSending, useBatchSending } from "./sending/batch-sendings.ts";
import { SendAgain } from "./send-again.tsx";

interface SendingPanelProps {
  batch: Batch;
  gaps: IndexRanges;
}

/** How far this page is with sending; what became of what it sent; what is missing, and how to send that. */
export function SendingPanel({ batch, gaps }: SendingPanelProps) {
  const sending = useBatchSending(batch.batchId);
  const isComplete = batch.state !== "open" && batch.counts.failed === 0;
  useEffect(() => {
    // Nothing of it will be sent again.
    if (isComplete) void forgetBatch(batch.batchId);
  }, [isComplete, batch.batchId]);
  const isBusy = sending !== null && isUnderWay(sending);
  return (
    <>
      {sending !== null && sending.state !== "sent" && batch.state !== "aborted" && (
        <Progress sending={sending} />
      )}
      {sending?.state === "sent" && <Answers sending={sending} />}
      {!isBusy && <SendAgain batch={batch} gaps={gaps} />}
    </>
  );
}

function Progress({ sending }: { sending: BatchSending }) {
  const { batchId, state, totalCount, sentCount, totalBytes, sentBytes, problem } = sending;
  const share = totalBytes === 0 ? null : sentBytes / totalBytes;
  const isStopped = state === "stopped" || state === "failed";
  return (
    <section
      aria-label="Sending"
      data-sending-state={state}
      className="flex flex-col gap-3 rounded border border-line bg-surface p-4"
    >
      <div className="flex items-center justify-between gap-4">
        <p className="text-label font-medium">{titles[state]}</p>
        {isStopped ? (
          <Button isSmall onClick={() => goOnSending(batchId)}>
            Go on
          </Button>
        ) : (
          <Button isSmall onClick={() => stopSending(batchId)}>
            Stop sending
          </Button>
        )}
      </div>
      <ProgressBar
        label="Sending lines"
        value={share}
        tone={state === "failed" ? "danger" : state === "sending" ? "running" : "waiting"}
      />
      <p className="text-meta text-soft tabular">
        {state === "asking" && totalCount === 0
          ? "Asking what is there already …"
          : `${sentCount.toLocaleString("en")} of ${formatCount(totalCount, "line")}, ${formatBytes(sentBytes)} of ${formatBytes(totalBytes)}`}
      </p>
      {problem !== null && (
        <p
          role={state === "failed" ? "alert" : "status"}
          className={state === "failed" ? "text-label text-danger" : "text-meta text-warning"}
        >
          {state === "waiting" ? `${problem} It goes on by itself.` : problem}
        </p>
      )}
      <Refusals refusals={sending.refusals} />
    </section>
  );
}

const titles: Readonly<Record<BatchSending["state"], string>> = {
  asking: "Sending from this page",
  sending: "Sending from this page",
  waiting: "Interrupted",
  stopped: "Stopped",
  sent: "Sent",
  failed: "Not all could be sent",
};

/** What the server said of the lines that this page sent. */
function Answers({ sending: { answers, refusals } }: { sending: BatchSending }) {
  const [isShown, setIsShown] = useState(true);
  if (!isShown) return null;
  const { accepted, deduplicated, conflictCount, refusedCount, oversized } = answers;
  const facts: [string, number][] = [
    ["accepted", accepted],
    ["there already", deduplicated],
    ["in conflict", conflictCount],
    ["refused", refusedCount],
    ["of these too large", oversized],
  ];
  const said = facts.filter(([, count], place) => count > 0 || place === 0);
  return (
    <section
      aria-label="Sent"
      className="flex flex-col gap-2 rounded border border-line bg-surface p-4"
    >
      <div className="flex items-center justify-between gap-4">
        <p role="status" className="text-label tabular">
          <span className="font-medium">Sent from this page:</span>{" "}
          {said.map(([word, count]) => `${count.toLocaleString("en")} ${word}`).join(", ")}
        </p>
        <Button isSmall look="quiet" onClick={() => setIsShown(false)}>
          Hide
        </Button>
      </div>
      <Refusals refusals={refusals} />
    </section>
  );
}

function Refusals({ refusals }: { refusals: readonly string[] }) {
  if (refusals.length === 0) return null;
  return (
    <ul className="flex flex-col gap-1 text-meta">
      {refusals.map((refusal) => (
        <li key={refusal}>
          <ErrorText>{refusal}</ErrorText>
        </li>
      ))}
    </ul>
  );
}
