import type { UploadCounts } from "#lib/upload.ts";
import { formatCount } from "#components/format/format-count.ts";

/**
 * How much of what was read became items: `99.6 %`. Rounded down, so that `100 %` means all of it; null when nothing was
 * read yet.
 */
export function formatRecognised({
  decodedBytes,
  unrecognisedBytes,
}: Pick<UploadCounts, "decodedBytes" | "unrecognisedBytes">): string | null {
  if (decodedBytes <= 0) return null;
  const share = Math.max(0, 1 - unrecognisedBytes / decodedBytes);
  const tenths = Math.floor(share * 1_000) / 10;
  return `${tenths.toFixed(1).replace(/\.0$/, "")} %`;
}

/** A part of a whole, as bars say it: `42 %`, `< 1 %`. */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0 || part <= 0) return "0 %";
  const percent = (part / whole) * 100;
  if (percent < 1) return "< 1 %";
  return part < whole ? `${Math.min(99, Math.round(percent))} %` : "100 %";
}

interface Covered {
  uploadCount: number;
  underWayCount: number;
  failedCount: number;
  cancelledCount: number;
  unrecognisedBytes: number;
  staleCount: number;
  ignoredMembers: readonly string[];
}

/** What the empty list of skipped items says: that all is here, only where that is known and true. */
export function describeNoSkips(coverage: Covered | undefined): string {
  if (coverage === undefined) return "None.";
  const { uploadCount, underWayCount, unrecognisedBytes } = coverage;
  const left = whatIsLeft(coverage);
  const none = underWayCount > 0 ? "None so far" : "None";
  const words = left.length > 0 ? `${none}, but ${left.join(", and ")}.` : `${none}.`;
  if (underWayCount > 0)
    return `${words} ${formatCount(underWayCount, "upload")} ${be(underWayCount)} still under way.`;
  const isAll = uploadCount > 0 && left.length === 0 && unrecognisedBytes === 0;
  return isAll ? "None. What was brought here is all here." : words;
}

function whatIsLeft({ failedCount, cancelledCount, staleCount, ignoredMembers }: Covered) {
  return [
    failedCount > 0 && `${formatCount(failedCount, "upload")} failed before the end`,
    cancelledCount > 0 &&
      `${formatCount(cancelledCount, "upload")} ${cancelledCount === 1 ? "was" : "were"} cancelled`,
    staleCount > 0 &&
      `${formatCount(staleCount, "item")} gave way to something newer, here or further on in the same file`,
    ignoredMembers.length > 0 &&
      `${formatCount(ignoredMembers.length, "member")} had no place here`,
  ].filter((words) => words !== false);
}

const be = (count: number) => (count === 1 ? "is" : "are");
