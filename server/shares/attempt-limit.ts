import { AppError } from "#lib/errors.ts";

const WINDOW_MS = 60_000;
const ATTEMPTS_MAX = 10;
const KEYS_MAX = 10_000;

interface Attempts {
  count: number;
  sinceMs: number;
}

/** Ten passwords a minute for one link, in each process. */
export interface AttemptLimit {
  /** Throws `rate_limited`; whether anything is behind the key makes no difference. */
  take(key: string): void;
}

export function createAttemptLimit(): AttemptLimit {
  const attempts = new Map<string, Attempts>();
  return {
    take(key) {
      const nowMs = performance.now();
      const known = attempts.get(key);
      const current =
        known && nowMs - known.sinceMs < WINDOW_MS ? known : { count: 0, sinceMs: nowMs };
      if (current.count >= ATTEMPTS_MAX)
        throw new AppError("rate_limited", "Too many attempts; try again in a minute");
      current.count += 1;
      // Starting over is cheap, and keeps a flood of made-up links from filling the memory.
      if (attempts.size >= KEYS_MAX) attempts.clear();
      attempts.set(key, current);
    },
  };
}
