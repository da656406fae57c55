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

/** What the empty list of skipped items says: that all is here, only where that is known and true. */
export function describeNoSkips(
  coverage:
    | { unrecognisedBytes: number; staleCount: number; ignoredMembers: readonly string[] }
    | undefined,
): string {
  if (coverage === undefined) return "None.";
  const { unrecognisedBytes, staleCount, ignoredMembers } = coverage;
  const left = [
    staleCount > 0 &&
      `${formatCount(staleCount, "item")} gave way to something newer, here or further on in the same file`,
    ignoredMembers.length > 0 &&
      `${formatCount(ignoredMembers.length, "member")} had no place here`,
  ].filter(Boolean);
  if (left.length > 0) return `None, but ${left.join(", and ")}.`;
  return unrecognisedBytes === 0 ? "None. What was brought here is all here." : "None.";
}
