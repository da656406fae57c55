/** Kept in a cookie, so that the server draws the page with it and nothing moves. */
export const SIDEBAR_COOKIE = "millrace-sidebar";
export const SIDEBAR_MIN_PX = 220;
export const SIDEBAR_MAX_PX = 480;
const DEFAULT_PX = 272;

/** A width within its bounds; anything that is no number is the default. */
export function parseSidebarWidth(value: string | number | undefined): number {
  const px = Math.round(Number(value ?? Number.NaN));
  return Number.isFinite(px) ? Math.min(SIDEBAR_MAX_PX, Math.max(SIDEBAR_MIN_PX, px)) : DEFAULT_PX;
}
