/** Bytes from `start` to `end`, both included, as in `Content-Range`. */
export interface ParsedRange {
  start: number;
  end: number;
}

const RANGE = /^bytes=\s*(\d*)-(\d*)\s*$/i;

/**
 * What a `Range` header asks of `totalBytes` (RFC 9110, section 14.2). Null for the whole: without a header, for other
 * units, for what is malformed and for several ranges at once, which a server may ignore.
 */
export function parseRange(
  header: string | undefined,
  totalBytes: number,
): ParsedRange | "unsatisfiable" | null {
  const [, first = "", last = ""] = RANGE.exec(header ?? "") ?? [];
  if (first === "" && last === "") return null;
  if (first === "") return suffixOf(Number(last), totalBytes);
  const start = Number(first);
  const end = last === "" ? Infinity : Number(last);
  if (end < start) return null;
  if (start >= totalBytes) return "unsatisfiable";
  return { start, end: Math.min(end, totalBytes - 1) };
}

function suffixOf(length: number, totalBytes: number): ParsedRange | "unsatisfiable" {
  if (length === 0 || totalBytes === 0) return "unsatisfiable";
  return { start: Math.max(0, totalBytes - length), end: totalBytes - 1 };
}

/**
 * Whether a range may be served under `If-Range` (section 13.1.5): only for the very bytes that the reader has a part of.
 * A date proves nothing here, and neither does a weak validator.
 */
export const isRangeCurrent = (ifRange: string | undefined, etag: string): boolean =>
  ifRange === undefined || (ifRange === etag && !etag.startsWith("W/"));

/** Whether `If-None-Match` names this version (section 13.1.2, weak comparison). */
export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === "*") return true;
  const strong = (tag: string) => tag.trim().replace(/^W\//, "");
  return ifNoneMatch.split(",").some((tag) => strong(tag) === strong(etag));
}
