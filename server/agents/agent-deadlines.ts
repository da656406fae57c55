import { createDeferred } from "#lib/create-deferred.ts";
import { AppError, isAppError } from "#lib/errors.ts";

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
  const start = () => {
    timer = setTimeout(() => {
      reject(new AppError("unavailable", `${label} did not stop after it was cancelled`));
    }, graceMs);
  };
  cancelled.addEventListener("abort", start, { once: true });
  return {
    promise,
    clear: () => {
      cancelled.removeEventListener("abort", start);
      clearTimeout(timer);
    },
  };
}
