import { keepWanted } from "#lib/batch-lines/keep-wanted.ts";
import { planRequests } from "#lib/batch-lines/plan-requests.ts";
import { retryDelayMs } from "#components/live/retry-delay.ts";
import type { Trouble } from "#components/upload/trouble.ts";
import { fetchArrived, isTrouble, type LineAnswers, sealWhole } from "./batch-api.ts";
import { planOptions, sendRequest } from "./send-request.ts";
import type { LineSource, SourceLine } from "./source-line.ts";

/**
 * `asking`: what the server has. `waiting`: connection or server are away, it goes on by itself. `sent`: the server has
 * said what became of every line. `failed`: it refused.
 */
export type SendingState = "asking" | "sending" | "waiting" | "stopped" | "sent" | "failed";

/** Lines on their way from this page into a batch. */
export interface BatchSending {
  batchId: string;
  state: SendingState;
  /** Lines that the server did not have when it began. */
  totalCount: number;
  /** Of these, answered ones. */
  sentCount: number;
  totalBytes: number;
  sentBytes: number;
  answers: LineAnswers;
  /** Files that were refused, with the reason. */
  refusals: readonly string[];
  /** Why it waits or failed. */
  problem: string | null;
}

export interface BatchSender {
  /** The same object until something changes. */
  get(): BatchSending;
  /** Begins, or goes on: what the server has is not sent again. */
  start(): void;
  /** Keeps what has arrived; where nothing is under way, nothing changes. */
  stop(): void;
}

export const isUnderWay = ({ state }: BatchSending) =>
  state === "asking" || state === "sending" || state === "waiting";

const noAnswers: LineAnswers = {
  accepted: 0,
  deduplicated: 0,
  conflictCount: 0,
  refusedCount: 0,
  oversized: 0,
  unassignedCount: 0,
};

/**
 * Sends the lines of a source that a batch lacks, one request after the other. After trouble that may pass the server is
 * asked again, later and later, and only what is missing then goes again.
 */
export function createBatchSender(
  batchId: string,
  source: LineSource,
  onChange: () => void,
): BatchSender {
  let sending: BatchSending = {
    batchId,
    state: "stopped",
    totalCount: 0,
    sentCount: 0,
    totalBytes: 0,
    sentBytes: 0,
    answers: noAnswers,
    refusals: [],
    problem: null,
  };
  let stopping = new AbortController();
  let isAsked = false;
  const uploadIds = new Map<SourceLine, string>();

  const change = (changes: Partial<BatchSending>) => {
    sending = { ...sending, ...changes };
    onChange();
  };

  /** One round; null when all of it went through, or it was stopped: then it changes nothing more. */
  async function sendMissing(signal: AbortSignal): Promise<Trouble | null> {
    change({ state: "asking", problem: null });
    const arrived = await fetchArrived(batchId);
    if (signal.aborted) return null;
    if (isTrouble(arrived)) return arrived;
    const lines = keepWanted(source.lines, arrived);
    const bytes = lines.reduce((sum, { start, end }) => sum + end - start, 0);
    if (!isAsked) change({ totalCount: lines.length, totalBytes: bytes });
    isAsked = true;
    // What an earlier round sent without hearing of it has arrived, or goes again.
    const { totalCount, totalBytes } = sending;
    change({
      state: "sending",
      sentCount: Math.max(0, totalCount - lines.length),
      sentBytes: Math.max(0, totalBytes - bytes),
    });
    for (const request of planRequests(lines, planOptions)) {
      const before = sending.sentBytes;
      const answers = await sendRequest(request, {
        batchId,
        signal,
        uploadIds,
        onBytes(sentBytes) {
          if (!signal.aborted) change({ sentBytes: before + sentBytes });
        },
        onRefused(refusal) {
          if (!signal.aborted) change({ refusals: [...sending.refusals, refusal] });
        },
      });
      if (signal.aborted) return null;
      if (isTrouble(answers)) return answers;
      change({
        sentCount: sending.sentCount + request.lines.length,
        sentBytes: before + request.lines.reduce((sum, { start, end }) => sum + end - start, 0),
        answers: add(sending.answers, answers),
      });
    }
    const knowsEnd = source.expectedCount !== null || arrived.expectedCount !== null;
    // A line without an index is missing, too, though there may be no gap: the batch stays open for it.
    if (knowsEnd || sending.answers.unassignedCount > 0) return null;
    const sealed = await sealWhole(batchId);
    return isTrouble(sealed) ? sealed : null;
  }

  async function run(signal: AbortSignal) {
    for (let failureCount = 1; ; failureCount += 1) {
      const sentBefore = sending.sentBytes;
      const trouble = await sendMissing(signal);
      if (signal.aborted) return;
      if (trouble === null) return change({ state: "sent", problem: null });
      const { message: problem, isPassing } = trouble;
      if (!isPassing) return change({ state: "failed", problem });
      if (sending.sentBytes > sentBefore) failureCount = 1;
      change({ state: "waiting", problem: navigator.onLine ? problem : "You are offline." });
      await untilLater(retryDelayMs(failureCount), signal);
      if (signal.aborted) return;
    }
  }

  return {
    get: () => sending,
    start() {
      if (isUnderWay(sending)) return;
      stopping = new AbortController();
      const { signal } = stopping;
      run(signal).catch((error: unknown) => {
        if (signal.aborted) return;
        const problem = error instanceof Error ? error.message : "The lines could not be read.";
        change({ state: "failed", problem });
      });
    },
    stop() {
      if (!isUnderWay(sending)) return;
      stopping.abort();
      change({ state: "stopped", problem: null });
    },
  };
}

const add = (a: LineAnswers, b: LineAnswers): LineAnswers => ({
  accepted: a.accepted + b.accepted,
  deduplicated: a.deduplicated + b.deduplicated,
  conflictCount: a.conflictCount + b.conflictCount,
  refusedCount: a.refusedCount + b.refusedCount,
  oversized: a.oversized + b.oversized,
  unassignedCount: a.unassignedCount + b.unassignedCount,
});

/** After so long, or as soon as the browser is online again. */
function untilLater(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = navigator.onLine ? setTimeout(resolve, ms) : undefined;
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    addEventListener("online", done, { once: true, signal });
    signal.addEventListener("abort", done, { once: true });
  });
}
