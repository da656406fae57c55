import { FAILED_UPLOAD_KEPT_DAYS, UPLOAD_KEPT_DAYS } from "#lib/limits.ts";
import { isCancelled, type Upload, type UploadState } from "#lib/upload.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import { formatCount } from "#components/format/format-count.ts";

/** Ended as its sender wanted: `failed` to the server, but no fault. */
export const cancelledWord = "Cancelled";

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

/** How much of a cancelled upload had arrived, and what of it is here. */
export function describeCancelled({ bytes, stored }: Pick<Upload, "bytes" | "stored">): string {
  if (bytes === 0) return "Cancelled before a byte came.";
  const after = `Cancelled after ${formatBytes(bytes)}`;
  if (stored === 0) return `${after}: nothing of it was stored.`;
  return `${after}: ${formatCount(stored, "item")} that had arrived ${stored === 1 ? "is" : "are"} kept.`;
}

interface Brought {
  /** Items that are stored, of any type. */
  itemCount: number;
  skippedCount: number;
  uploadCount: number;
  cancelledCount: number;
}

/** What a transcript without messages says of what came nevertheless. */
export function describeEmpty({ itemCount, skippedCount, ...uploads }: Brought): string {
  if (itemCount === 1) return "1 item is stored; it is no message.";
  if (itemCount > 1) return `${formatCount(itemCount, "item")} are stored; none is a message.`;
  if (skippedCount > 0)
    return `${formatCount(skippedCount, "item")} came, and ${skippedCount === 1 ? "it was not" : "none was"} stored.`;
  const { uploadCount, cancelledCount } = uploads;
  if (uploadCount === 0) return "Nothing was brought into this session yet.";
  return uploadCount === cancelledCount
    ? `${formatCount(uploadCount, "upload")} ${uploadCount === 1 ? "was" : "were"} cancelled before anything was stored.`
    : "What was brought into this session has no items.";
}

const DAY_MS = 86_400_000;

/** Until when received bytes are, or were, kept; null while it is under way, and where none were. */
export function keptUntil(upload: Pick<Upload, "state" | "endedAt" | "error">): Date | null {
  const { state, endedAt } = upload;
  if (endedAt === null || isCancelled(upload)) return null;
  const days = state === "failed" ? FAILED_UPLOAD_KEPT_DAYS : UPLOAD_KEPT_DAYS;
  return new Date(Date.parse(endedAt) + days * DAY_MS);
}
