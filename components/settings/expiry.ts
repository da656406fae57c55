const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SOON_DAYS = 3;

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** How long a new token may live, in days; null: until revoked. */
export const lifetimesDays = [7, 30, 90, 365, null] as const;

export type LifetimeDays = (typeof lifetimesDays)[number];

export const lifetimeWords = (days: LifetimeDays) =>
  days === null ? "Never" : days === 365 ? "In a year" : `In ${days} days`;

/** The day in UTC, so that server and browser write the same text: `12 Mar 2027`. */
export function formatDay(ms: number): string {
  const date = new Date(ms);
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** When a token ends, seen from `nowMs`: within three days `in 2 d` or `in 5 h`, which is soon, else the day. */
export function expiryOf(expiresAt: string, nowMs: number): { words: string; isSoon: boolean } {
  const endMs = Date.parse(expiresAt);
  const leftMs = Math.max(0, endMs - nowMs);
  if (leftMs >= SOON_DAYS * DAY_MS) return { words: formatDay(endMs), isSoon: false };
  if (leftMs >= DAY_MS) return { words: `in ${Math.floor(leftMs / DAY_MS)} d`, isSoon: true };
  if (leftMs >= HOUR_MS) return { words: `in ${Math.floor(leftMs / HOUR_MS)} h`, isSoon: true };
  return { words: "within the hour", isSoon: true };
}
