import { randomInt } from "node:crypto";

/** The protocol's own: cursors count intervals from here. */
const EPOCH_MS = Date.UTC(2024, 9, 9);
const INTERVAL_MS = 20_000;
const JITTER_MAX_SECONDS = 3_600;

/**
 * The cursor of a live answer: the number of the interval of time. Always greater than the one that the reader brought,
 * so that no cache between us can give it one answer for ever.
 */
export function nextCursor(asked: string | null, nowMs: number = Date.now()): string {
  const current = Math.floor((nowMs - EPOCH_MS) / INTERVAL_MS);
  const brought = asked !== null && /^[0-9]{1,15}$/.test(asked) ? Number(asked) : -1;
  if (brought < current) return String(current);
  const jitterMs = randomInt(1, JITTER_MAX_SECONDS + 1) * 1_000;
  return String(brought + Math.max(1, Math.floor(jitterMs / INTERVAL_MS)));
}
