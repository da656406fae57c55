const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * A limit in the largest unit of which it is a whole number, else in seconds: `2 hours`, `90 minutes`, `45 seconds`,
 * `0.2 seconds`. For spans that grow on a page there is `formatDuration`.
 */
export function durationInWords(ms: number): string {
  if (ms >= HOUR_MS && ms % HOUR_MS === 0) return count(ms / HOUR_MS, "hour");
  if (ms >= MINUTE_MS && ms % MINUTE_MS === 0) return count(ms / MINUTE_MS, "minute");
  const digits = ms < 10 * SECOND_MS ? 1 : 0;
  return count(Math.max(0.1, Number((ms / SECOND_MS).toFixed(digits))), "second");
}

const count = (number: number, unit: string) =>
  `${number.toLocaleString("en")} ${unit}${number === 1 ? "" : "s"}`;
