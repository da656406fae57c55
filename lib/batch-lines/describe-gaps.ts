import type { IndexRanges } from "./keep-wanted.ts";

/** Of more ranges, the first ones are named. */
export const NAMED_RANGES_MAX = 12;

/** `3, 7–9, 12`, for people. */
export const nameRanges = (ranges: IndexRanges): string =>
  ranges
    .slice(0, NAMED_RANGES_MAX)
    .map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`))
    .join(", ");

export interface Gaps {
  /** Indexes that no line came for: the first of them. */
  missing: IndexRanges;
  missingCount: number;
  /** Lines that could not be read, and that have no index. */
  unassignedCount: number;
}

/** What a batch lacks that is not whole. */
export function describeGaps({ missing, missingCount, unassignedCount }: Gaps): string {
  const shown = missing.slice(0, NAMED_RANGES_MAX);
  const namedCount = shown.reduce((sum, [from, to]) => sum + to - from + 1, 0);
  const more = namedCount < missingCount ? ", …" : "";
  const facts = [
    missingCount > 0 && `no line came for index ${nameRanges(shown)}${more}`,
    unassignedCount > 0 && `lines without an index could not be read: ${unassignedCount}`,
  ];
  return facts.filter(Boolean).join("; ");
}
