const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A span in the two largest units that say something: `0.4 s`, `12 s`, `4 m 12 s`, `1 h 04 m`. Negative counts as 0. */
export function formatDuration(elapsedMs: number): string {
  const ms = Math.max(0, elapsedMs);
  if (ms < 50) return "0 s";
  if (ms < 9_950) return `${(ms / SECOND).toFixed(1).replace(/\.0$/, "")} s`;
  if (ms < MINUTE) return `${Math.min(59, Math.round(ms / SECOND))} s`;
  if (ms < HOUR) {
    const seconds = Math.floor((ms % MINUTE) / SECOND);
    return `${Math.floor(ms / MINUTE)} m ${String(seconds).padStart(2, "0")} s`;
  }
  const minutes = Math.floor((ms % HOUR) / MINUTE);
  return `${Math.floor(ms / HOUR)} h ${String(minutes).padStart(2, "0")} m`;
}

/** For a clock that ticks once a second: no tenths, so that the line does not jitter. */
export function formatElapsed(elapsedMs: number): string {
  const wholeMs = Math.floor(Math.max(0, elapsedMs) / SECOND) * SECOND;
  return wholeMs < MINUTE ? `${wholeMs / SECOND} s` : formatDuration(wholeMs);
}
