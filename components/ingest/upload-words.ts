import { FAILED_UPLOAD_KEPT_DAYS, UPLOAD_KEPT_DAYS } from "#lib/limits.ts";
import type { Upload, UploadState } from "#lib/upload.ts";

/** The one vocabulary for what an upload is doing. */
export const uploadWords: Readonly<Record<UploadState, string>> = {
  receiving: "Arriving",
  queued: "Waiting to be read",
  running: "Being read",
  done: "Read",
  failed: "Failed",
};

const formats: Readonly<Record<string, string>> = {
  data: "an object with data",
  array: "an array of items",
  snapshot: "a snapshot",
  ndjson: "NDJSON",
};

/** What its first bytes told of a document, and how it was packed; empty while nothing is known. */
export function describeFormat({ format, encoding }: Pick<Upload, "format" | "encoding">): string {
  const words = format === null ? [] : [formats[format] ?? format];
  if (encoding !== "identity") words.push(`packed with ${encoding}`);
  return words.join(", ");
}

/** The file's name, else what is known of how it came. */
export function nameOf({ name, way }: Pick<Upload, "name" | "way">): string {
  if (name !== null) return name;
  return way === "direct" ? "Sent in one small request" : "Sent without a name";
}

/** Messages of faults end with their place, for those who read nothing else: apart, and what its bytes are counted in. */
export function splitPlace(message: string): { words: string; whole: string } {
  const place = / \((?:behind )?byte \d+( of the packed data)?[^)]*\)$/.exec(message);
  const words = place ? message.slice(0, place.index) : message;
  return { words, whole: place?.[1] ? "the packed data" : "the document" };
}

/** Where a document is broken, and what became of what stands before. */
export function describePlace(
  { offset, whole }: { offset: number; whole: string },
  { stored, unchanged, stale }: Pick<Upload, "stored" | "unchanged" | "stale">,
): string {
  const before =
    stored + unchanged + stale > 0
      ? "what came whole before it is stored"
      : "nothing of it is stored";
  return `At byte ${offset.toLocaleString("en")} of ${whole}; ${before}.`;
}

/** What a transcript without messages says of the items that are stored nevertheless. */
export function describeEmpty(itemCount: number): string {
  if (itemCount === 0) return "Nothing was brought into this session yet.";
  return itemCount === 1
    ? "1 item is stored; it is no message."
    : `${itemCount.toLocaleString("en")} items are stored; none is a message.`;
}

const DAY_MS = 86_400_000;

/** Until when received bytes are, or were, kept; null while it is under way. */
export function keptUntil({ state, endedAt }: Pick<Upload, "state" | "endedAt">): Date | null {
  if (endedAt === null) return null;
  const days = state === "failed" ? FAILED_UPLOAD_KEPT_DAYS : UPLOAD_KEPT_DAYS;
  return new Date(Date.parse(endedAt) + days * DAY_MS);
}
