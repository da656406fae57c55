"use client";

import { useRouter } from "next/navigation";
import { useRef, useState } from "react";
import { createBatchId } from "#lib/ids.ts";
import { BATCH_CONCURRENCY_MAX } from "#lib/limits.ts";
import { formatCount } from "#components/format/format-count.ts";
import { Button } from "#components/ui/button.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { useHydrated } from "#components/ui/use-hydrated.ts";
import { type AskedBatch, createBatch, isTrouble } from "../sending/batch-api.ts";
import { rememberBatch } from "../sending/batch-memory.ts";
import { sendBatch } from "../sending/batch-sendings.ts";
import type { ChosenSource } from "./chosen-source.ts";
import { type BatchPlan, sourceOf } from "./plan-batch.ts";
import type { StartFields } from "./start-rows.ts";

interface SendBarProps {
  chosen: ChosenSource | null;
  plan: BatchPlan;
  defaults: StartFields;
  /** As typed: a number, or empty. */
  concurrency: string;
  /** What is shown is not yet what was typed. */
  isWaiting: boolean;
}

/** The button says how many sessions it makes, and what stays behind stands beside it. */
export function SendBar({ chosen, plan, defaults, concurrency, isWaiting }: SendBarProps) {
  const isHydrated = useHydrated();
  const { send, isSending, problem } = useSend();
  const limit = readConcurrency(concurrency);
  const obstacle = plan.obstacle ?? (limit === "bad" ? badConcurrency : null);
  const canSend = isHydrated && !isWaiting && !isSending && plan.count > 0 && obstacle === null;
  const verb = plan.kind === "start" ? "Start" : "Import";
  function press() {
    if (limit !== "bad") void send({ chosen, plan, defaults, concurrency: limit });
  }
  return (
    <div className="sticky bottom-0 z-10 -mx-1 flex flex-wrap items-center justify-between gap-x-6 gap-y-3 border-t border-line bg-canvas px-1 py-4">
      <div className="flex min-w-0 flex-1 flex-col gap-1 text-label text-soft">
        {(obstacle ?? problem) !== null && <ErrorText>{obstacle ?? problem}</ErrorText>}
        <p role="status">{describe(plan)}</p>
      </div>
      <Button look="primary" disabled={!canSend} onClick={press} className="ml-auto min-w-36">
        {isSending
          ? "Making the batch …"
          : plan.count > 0
            ? `${verb} ${formatCount(plan.count, "session")}`
            : verb}
      </Button>
    </div>
  );
}

const badConcurrency = `How many at one time is a whole number from 1 to ${BATCH_CONCURRENCY_MAX}.`;

function readConcurrency(text: string): number | null | "bad" {
  if (text.trim() === "") return null;
  const value = Number(text);
  return Number.isInteger(value) && value >= 1 && value <= BATCH_CONCURRENCY_MAX ? value : "bad";
}

function describe({ kind, count, problemCount, leavesOut }: BatchPlan): string {
  const noun = kind === "start" ? "row" : leavesOut ? "file" : "line";
  const wrong = formatCount(problemCount, noun);
  const have = problemCount === 1 ? "has" : "have";
  if (problemCount > 0)
    return leavesOut
      ? `${wrong} ${have} a problem and ${problemCount === 1 ? "is" : "are"} left out.`
      : `${wrong} ${have} a problem: sent with the others, shown as failed, and can be corrected there.`;
  if (count === 0) return "Nothing is sent before you press the button.";
  return kind === "start"
    ? "They start one after the other, as slots are free."
    : "Each becomes a session of its own, or is added to the one that it was before.";
}

interface Sent {
  chosen: ChosenSource | null;
  plan: BatchPlan;
  defaults: StartFields;
  concurrency: number | null;
}

function useSend() {
  const router = useRouter();
  const [isSending, setIsSending] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  /** The same request again finds the batch that an answer was lost of. */
  const last = useRef({ request: "", key: "" });

  async function send({ chosen, plan, defaults: wished, concurrency }: Sent) {
    setIsSending(true);
    setProblem(null);
    try {
      const { source, memory, defaults } = await sourceOf(chosen, plan, wished);
      const asked: Omit<AskedBatch, "idempotencyKey"> = {
        kind: plan.kind,
        defaults,
        ...(source.expectedCount !== null && { expectedCount: source.expectedCount }),
        ...(concurrency !== null && { concurrency }),
      };
      const request = JSON.stringify([asked, source.lines.length]);
      if (last.current.request !== request) last.current = { request, key: createBatchId() };
      const batch = await createBatch({ ...asked, idempotencyKey: last.current.key });
      if (isTrouble(batch)) throw new Error(batch.message);
      await rememberBatch(batch.batchId, memory);
      sendBatch(batch.batchId, source);
      router.push(`/batches/${batch.batchId}`);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : "This could not be sent.");
      setIsSending(false);
    }
  }

  return { send, isSending, problem };
}
