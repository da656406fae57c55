const FIRST_MIN_MS = 100;
const FIRST_SPREAD_MS = 400;
const BASE_MS = 1_000;
const MAX_MS = 30_000;

/**
 * How long to wait before connecting again. The first time is quick, since most losses are short; then it doubles
 * from 1 s to 30 s. Half of it is chance, so that a thousand clients do not come back together.
 */
export function retryDelayMs(failureCount: number, random: () => number = Math.random): number {
  if (failureCount <= 1) return FIRST_MIN_MS + random() * FIRST_SPREAD_MS;
  const limitMs = Math.min(MAX_MS, BASE_MS * 2 ** (failureCount - 2));
  return limitMs * (0.5 + random() / 2);
}
