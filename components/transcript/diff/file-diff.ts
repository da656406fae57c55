export type LineKind = "same" | "added" | "removed";

export interface DiffLine {
  kind: LineKind;
  text: string;
  /** Counted from 1; null on the side where the line is not. */
  oldNumber: number | null;
  newNumber: number | null;
}

/** Neighbouring lines that changed, with some that did not around them. */
export interface Hunk {
  lines: readonly DiffLine[];
}

export interface FileDiff {
  path: string;
  hunks: readonly Hunk[];
  additions: number;
  deletions: number;
}

/** Counts the lines of each kind. */
export function toFileDiff(path: string, hunks: readonly Hunk[]): FileDiff {
  const count = (kind: LineKind) =>
    hunks.reduce((sum, { lines }) => sum + lines.filter((line) => line.kind === kind).length, 0);
  return { path, hunks, additions: count("added"), deletions: count("removed") };
}
