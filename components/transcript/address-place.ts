import { parseLineRange } from "./lines/line-range.ts";

/** What other parts of the page say in the address. */
const OTHER_HASHES: ReadonlySet<string> = new Set(["uploads", "skipped", "weight", "main"]);

/** The message or part that a fragment names, without its lines; null when it names something else. */
export function placeOf(hash: string): string | null {
  const range = parseLineRange(hash);
  if (range) return range.partId;
  try {
    const place = decodeURIComponent(hash.slice(1));
    return place === "" || OTHER_HASHES.has(place) ? null : place;
  } catch {
    return null;
  }
}
