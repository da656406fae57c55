import { diffLines } from "./diff-lines.ts";
import { toFileDiff, type DiffLine, type FileDiff, type Hunk } from "./file-diff.ts";

const CONTEXT_LINES = 3;

export interface DiffTextsOptions {
  path: string;
  oldText: string;
  newText: string;
  /** The texts are pieces of a file: their lines get no numbers. */
  isFragment?: boolean;
}

/** The difference between two texts, line by line, with the lines around each change. */
export function diffTexts(options: DiffTextsOptions): FileDiff {
  const { path, oldText, newText, isFragment = false } = options;
  const before = toLines(oldText);
  const after = toLines(newText);
  const { kinds, isCoarse } = diffLines(before, after);
  const lines = number(kinds, before, after);
  const hunks = toHunks(isFragment ? lines.map(withoutNumbers) : lines);
  return toFileDiff(path, hunks, { isCoarse });
}

function toLines(text: string): string[] {
  if (text === "") return [];
  return (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
}

const withoutNumbers = (line: DiffLine): DiffLine => ({
  ...line,
  oldNumber: null,
  newNumber: null,
});

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
