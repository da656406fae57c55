import type { LineKind } from "./file-diff.ts";

/** Product of the lines on both sides up to which the shortest edit of a stretch is looked for. */
const TABLE_MAX_CELLS = 1_000_000;

export interface LineDiff {
  /** One for each line of the result, in order. */
  kinds: LineKind[];
  /** Some stretch was too different: all its lines count as removed and added. Correct, only longer. */
  isCoarse: boolean;
}

/**
 * What leads from one list of lines to another. Lines that are there once on both sides hold the texts together; only
 * between them the shortest edit is looked for, so that the time stays near the number of lines.
 */
export function diffLines(before: readonly string[], after: readonly string[]): LineDiff {
  const result: LineDiff = { kinds: [], isCoarse: false };
  let oldStart = 0;
  let newStart = 0;
  for (const [oldIndex, newIndex] of [
    ...findAnchors(before, after),
    [before.length, after.length] as const,
  ]) {
    diffStretch(before.slice(oldStart, oldIndex), after.slice(newStart, newIndex), result);
    if (oldIndex < before.length) result.kinds.push("same");
    oldStart = oldIndex + 1;
    newStart = newIndex + 1;
  }
  return result;
}

type Pair = readonly [oldIndex: number, newIndex: number];

/** Pairs of equal lines, ascending on both sides: the longest such row of lines that are unique on both. */
function findAnchors(before: readonly string[], after: readonly string[]): Pair[] {
  const positions = uniquePositions(after);
  const pairs = [...uniquePositions(before)]
    .flatMap(([line, oldIndex]) => {
      const newIndex = positions.get(line);
      return newIndex === undefined ? [] : [[oldIndex, newIndex] as const];
    })
    .toSorted((one, other) => one[0] - other[0]);
  return longestAscending(pairs);
}

function uniquePositions(lines: readonly string[]): Map<string, number> {
  const positions = new Map<string, number>();
  const repeated = new Set<string>();
  for (const [index, line] of lines.entries()) {
    if (positions.has(line)) repeated.add(line);
    positions.set(line, index);
  }
  for (const line of repeated) positions.delete(line);
  return positions;
}

/** Patience sorting by the new index; the old one ascends already. */
function longestAscending(pairs: readonly Pair[]): Pair[] {
  const tops: number[] = [];
  const previous: number[] = [];
  for (const [index, [, newIndex]] of pairs.entries()) {
    let low = 0;
    let high = tops.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[tops[middle] ?? 0]?.[1] ?? 0) < newIndex) low = middle + 1;
      else high = middle;
    }
    previous[index] = low === 0 ? -1 : (tops[low - 1] ?? -1);
    tops[low] = index;
  }
  const chain: Pair[] = [];
  for (let index = tops.at(-1) ?? -1; index !== -1; index = previous[index] ?? -1) {
    const pair = pairs[index];
    if (pair) chain.push(pair);
  }
  return chain.toReversed();
}

function diffStretch(before: readonly string[], after: readonly string[], result: LineDiff): void {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start])
    start += 1;
  let end = 0;
  const shorter = Math.min(before.length, after.length) - start;
  while (end < shorter && before.at(-1 - end) === after.at(-1 - end)) end += 1;

  push(result.kinds, "same", start);
  const oldMiddle = before.slice(start, before.length - end);
  const newMiddle = after.slice(start, after.length - end);
  if (oldMiddle.length * newMiddle.length > TABLE_MAX_CELLS) {
    result.isCoarse = true;
    push(result.kinds, "removed", oldMiddle.length);
    push(result.kinds, "added", newMiddle.length);
  } else walkTable(oldMiddle, newMiddle, result.kinds);
  push(result.kinds, "same", end);
}

function push(kinds: LineKind[], kind: LineKind, count: number): void {
  for (let index = 0; index < count; index += 1) kinds.push(kind);
}

/** Longest common subsequence by the textbook table, filled from the end. */
function walkTable(before: readonly string[], after: readonly string[], kinds: LineKind[]): void {
  const width = after.length + 1;
  const table = new Uint32Array((before.length + 1) * width);
  const at = (row: number, column: number) => table[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      table[row * width + column] =
        before[row] === after[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  let row = 0;
  let column = 0;
  while (row < before.length || column < after.length) {
    const isOldLeft = row < before.length;
    const isNewLeft = column < after.length;
    if (isOldLeft && isNewLeft && before[row] === after[column]) {
      kinds.push("same");
      row += 1;
      column += 1;
    } else if (isOldLeft && (!isNewLeft || at(row + 1, column) >= at(row, column + 1))) {
      kinds.push("removed");
      row += 1;
    } else {
      kinds.push("added");
      column += 1;
    }
  }
}
