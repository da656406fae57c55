import { toFileDiff, type DiffLine, type FileDiff, type Hunk } from "./file-diff.ts";

const CONTEXT_LINES = 3;
/** Product of the changed lines on both sides up to which the shortest edit is looked for. */
const TABLE_MAX_CELLS = 1_000_000;

/**
 * The difference between two texts, line by line. Where more than about 1,000 lines changed on both sides all of them
 * count as removed and added: correct, only longer, and never slow.
 */
export function diffTexts(path: string, oldText: string, newText: string): FileDiff {
  const before = toLines(oldText);
  const after = toLines(newText);
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start])
    start += 1;
  let end = 0;
  const shorter = Math.min(before.length, after.length) - start;
  while (end < shorter && before.at(-1 - end) === after.at(-1 - end)) end += 1;

  const kinds = diffMiddle(
    before.slice(start, before.length - end),
    after.slice(start, after.length - end),
  );
  const all = [...Array<"same">(start).fill("same"), ...kinds, ...Array<"same">(end).fill("same")];
  return toFileDiff(path, toHunks(number(all, before, after)));
}

function toLines(text: string): string[] {
  if (text === "") return [];
  return (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
}

/** Longest common subsequence by the textbook table, filled from the end. */
function diffMiddle(before: readonly string[], after: readonly string[]): DiffLine["kind"][] {
  const width = after.length + 1;
  if (before.length * after.length > TABLE_MAX_CELLS) {
    return [
      ...Array<"removed">(before.length).fill("removed"),
      ...Array<"added">(after.length).fill("added"),
    ];
  }
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

  const kinds: DiffLine["kind"][] = [];
  let row = 0;
  let column = 0;
  while (row < before.length || column < after.length) {
    if (row < before.length && column < after.length && before[row] === after[column]) {
      kinds.push("same");
      row += 1;
      column += 1;
    } else if (
      row < before.length &&
      (column === after.length || at(row + 1, column) >= at(row, column + 1))
    ) {
      kinds.push("removed");
      row += 1;
    } else {
      kinds.push("added");
      column += 1;
    }
  }
  return kinds;
}

function number(
  kinds: readonly DiffLine["kind"][],
  before: readonly string[],
  after: readonly string[],
): DiffLine[] {
  let oldNumber = 0;
  let newNumber = 0;
  return kinds.map((kind) => {
    if (kind !== "added") oldNumber += 1;
    if (kind !== "removed") newNumber += 1;
    return {
      kind,
      text: (kind === "added" ? after[newNumber - 1] : before[oldNumber - 1]) ?? "",
      oldNumber: kind === "added" ? null : oldNumber,
      newNumber: kind === "removed" ? null : newNumber,
    };
  });
}

/** Leaves out unchanged lines that are more than three away from a change. */
function toHunks(lines: readonly DiffLine[]): Hunk[] {
  const hunks: Hunk[] = [];
  let start: number | null = null;
  let lastChange = -1;
  for (const [index, line] of lines.entries()) {
    if (line.kind === "same") continue;
    if (start !== null && index - lastChange > 2 * CONTEXT_LINES) {
      hunks.push({ lines: lines.slice(start, lastChange + CONTEXT_LINES + 1) });
      start = null;
    }
    start ??= Math.max(0, index - CONTEXT_LINES);
    lastChange = index;
  }
  if (start !== null) hunks.push({ lines: lines.slice(start, lastChange + CONTEXT_LINES + 1) });
  return hunks;
}
