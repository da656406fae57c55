import type { UploadCounts } from "#lib/upload.ts";
import type { ScanProgress } from "./scanner/scanned-element.ts";
import type { DocumentReport } from "./settle-upload.ts";

/** What is told of a document that was read so far: to the bytes of skipped items come those of ignored members. */
export function toReport(
  counts: UploadCounts,
  { bytes, format, ignoredMembers, ignoredBytes }: ScanProgress,
): DocumentReport {
  const unrecognisedBytes = counts.unrecognisedBytes + ignoredBytes;
  return { counts: { ...counts, decodedBytes: bytes, unrecognisedBytes }, format, ignoredMembers };
}
