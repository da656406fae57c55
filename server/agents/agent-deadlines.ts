import { createDeferred } from "#lib/create-deferred.ts";
import { AppError, isAppError } from "#lib/errors.ts";

const SIGKILL = 9;

/** The promise, or a rejection as soon as the signal aborts: with its reason when that is an `AppError`. */
export function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  label: string,
): Promise<T> {
  if (!signal) return promise;
  const aborted = createDeferred<never>();
  const onAbort = () => aborted.reject(abortError(signal, label));
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  return Promise.race([promise, aborted.promise]).finally(() =>
    signal.removeEventListener("abort", onAbort),
  );
}

function abortError({ reason }: AbortSignal, label: string): AppError {
  if (isAppError(reason)) return reason;
  const timedOut = reason instanceof Error && reason.name === "TimeoutError";
  const message = timedOut ? `${label} did not answer in time` : `${label} was stopped`;
  return new AppError("unavailable", message, { cause: reason });
}

/** Rejects when an agent goes on for `graceMs` although its turn was cancelled; `clear` ends the watch. */
export function rejectAfterCancel(
  cancelled: AbortSignal,
  { graceMs, label }: { graceMs: number; label: string },
) {
  const { promise, reject } = createDeferred<never>();
  promise.catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const start = () => {
    timer = setTimeout(() => {
      isOver = true;
      reject(new AppError("unavailable", `${label} did not stop after it was cancelled`));
    }, graceMs);
  };
  cancelled.addEventListener("abort", start, { once: true });
  return {
    promise,
    isOver: () => isOver,
    clear: () => {
      cancelled.removeEventListener("abort", start);
      clearTimeout(timer);
    },
  };
}

/** Why a turn ended that had to be ended from outside; null for a process that is still there. */
export function describeForcedEnd(
  exit: { code: number | null; signal: NodeJS.Signals | null } | null,
  { graceMs, label }: { graceMs: number; label: string },
): AppError {
  // A sandbox around the agent tells a signal as a code.
  const wasKilled = exit === null || exit.signal === "SIGKILL" || exit.code === 128 + SIGKILL;
  const seconds = Math.max(1, Math.round(graceMs / 1_000));
  const message = `${label} did not stop within ${seconds} s after it was cancelled, so its process was ${wasKilled ? "killed" : "ended"}`;
  return new AppError("unavailable", message, { details: { wasForced: true } });
}
