const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * How long ago `iso` was, seen from `nowMs`: `now`, `5 min ago`, `3 h ago`, `2 d ago`, then the date in UTC, so that
 * server and browser write the same text. A clock that is ahead counts as now.
 */
export function formatRelativeTime(iso: string, nowMs: number): string {
  const date = new Date(iso);
  const ageMs = nowMs - date.getTime();
  if (ageMs < MINUTE) return "now";
  if (ageMs < HOUR) return `${Math.floor(ageMs / MINUTE)} min ago`;
  if (ageMs < DAY) return `${Math.floor(ageMs / HOUR)} h ago`;
  if (ageMs < 7 * DAY) return `${Math.floor(ageMs / DAY)} d ago`;
  const day = `${date.getUTCDate()} ${months[date.getUTCMonth()]}`;
  return date.getUTCFullYear() === new Date(nowMs).getUTCFullYear()
    ? day
    : `${day} ${date.getUTCFullYear()}`;
}
