import { setTimeout as delay } from "node:timers/promises";
import { isRecord } from "#lib/is-record.ts";

const RETRIES = 5;
const FIRST_DELAY_MS = 1_000;
const DELAY_MAX_MS = 30_000;

/** A request may work when it is made again: too slow, still under way, too many, or the server's own trouble. */
const retriedStatuses = new Set([408, 409, 429]);
export const isRetried = (status: number) => retriedStatuses.has(status) || status >= 500;

/** States of a batch that no later request changes; an open one gets what it misses. */
const finalStates: readonly unknown[] = ["aborted", "done"];

/** `isRetried` for an answer with problem details: a batch that is aborted, or done, stays so. */
export function mayPass(status: number, problem: unknown): boolean {
  return isRetried(status) && !(isRecord(problem) && finalStates.includes(problem["batchState"]));
}

/** Milliseconds before attempt `attempt` (from 1) is followed by the next: 1 to 30 s, up to half of it chance. */
export function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  const leastMs = FIRST_DELAY_MS * 2 ** (attempt - 1);
  return Math.min(DELAY_MAX_MS, leastMs * (1 + random()));
}

/** Seconds or a date (RFC 9110, section 10.2.3), in milliseconds from `nowMs` on; null when there is none. */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.min(DELAY_MAX_MS, Math.max(0, ms)) : null;
}

/**
 * Makes a request, and makes it again up to five times, while the connection fails or the answer says that it may work later. `request`
 * makes it anew each time, its body too. Answers the last response; throws the last connection error, and at once what
 * no later request could change, or when `signal` is aborted.
 */
export async function retryRequest(
  request: () => Promise<Response>,
  {
    onRetry,
    signal,
  }: {
    onRetry?: (reason: string, delayMs: number) => void;
    signal?: AbortSignal | undefined;
  } = {},
): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await request().catch((error: Error) => error);
    const isLast = attempt > RETRIES;
    const isAnswer = outcome instanceof Response;
    if (isAnswer && (isLast || !(await isWorthAnother(outcome)))) return outcome;
    if (!isAnswer && (isLast || isBadPort(outcome) || signal?.aborted)) throw outcome;
    const named = isAnswer ? retryAfterMs(outcome.headers.get("retry-after"), Date.now()) : null;
    const delayMs = named ?? retryDelayMs(attempt);
    onRetry?.(isAnswer ? `the server answered ${outcome.status}` : reasonOf(outcome), delayMs);
    if (isAnswer) await outcome.body?.cancel();
    await delay(delayMs, undefined, { signal });
  }
}

async function isWorthAnother(response: Response): Promise<boolean> {
  if (response.status !== 409) return isRetried(response.status);
  return mayPass(
    409,
    await response
      .clone()
      .json()
      .catch(() => null),
  );
}

/** Programs may not ask every port (https://fetch.spec.whatwg.org/#port-blocking). */
export const isBadPort = (error: Error) => reasonOf(error) === "bad port";

/** `fetch` hides what went wrong behind a sentence that never changes. */
export function reasonOf(error: Error): string {
  const { cause } = error;
  return cause instanceof Error && cause.message !== "" ? cause.message : error.message;
}
