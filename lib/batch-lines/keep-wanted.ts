/** Ranges of indexes, in their order. */
export type IndexRanges = readonly (readonly [from: number, to: number])[];

/** What the server says that it has of a batch. */
export interface ArrivedLines {
  /** Indexes that no line came for, up to the expected end, or to the last that came. */
  missing: IndexRanges;
  /** Indexes whose line could not be read: another one may take its place. */
  unreadable: readonly number[];
  /** Lines that it has. */
  received: number;
  expectedCount: number | null;
}

/**
 * Lines that the server would take, in their order: whose index is missing, could not be read, or, where no end is
 * known, lies behind all that came.
 */
export function keepWanted<Line extends { index: number }>(
  lines: readonly Line[],
  arrived: ArrivedLines,
): Line[] {
  const { missing } = arrived;
  const unknownFrom = endOf(arrived);
  const unreadable = new Set(arrived.unreadable);
  return lines.filter(
    ({ index }) => index >= unknownFrom || unreadable.has(index) || isIn(missing, index),
  );
}

function endOf({ missing, received, expectedCount }: ArrivedLines): number {
  if (expectedCount !== null) return Infinity;
  return missing.reduce((sum, [from, to]) => sum + to - from + 1, received);
}

function isIn(ranges: IndexRanges, index: number): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.[1] ?? Infinity) < index) low = middle + 1;
    else high = middle;
  }
  const range = ranges[low];
  return range !== undefined && range[0] <= index;
}
