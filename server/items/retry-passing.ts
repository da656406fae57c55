import { setTimeout as delay } from "node:timers/promises";
import { failureKind } from "./failure-kind.ts";

const ATTEMPTS = 5;
const FIRST_RETRY_MS = 20;

/** Does it again while it fails for reasons that pass; the last error comes through. */
export async function retryPassing<Result>(
  work: (attempt: { isRetry: boolean }) => Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work({ isRetry: attempt > 1 });
    } catch (error) {
      if (failureKind(error) !== "passing" || attempt === ATTEMPTS) throw error;
      await delay(FIRST_RETRY_MS * 3 ** (attempt - 1) * (1 + Math.random()), undefined, { signal });
    }
  }
}
