export type LineKind = "same" | "added" | "removed";

export interface DiffLine {
  kind: LineKind;
  text: string;
  /** Counted from 1; null on the side where the line is not, and on both where nobody knows. */
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
  /** What lines do not say: "New file", "Moved from src/a.ts". Null when there is nothing. */
  note: string | null;
  /** The texts were too different to compare in time: all lines count as removed and added. */
  isCoarse: boolean;
}

/** Counts the lines of each kind. */
export function toFileDiff(
  path: string,
  hunks: readonly Hunk[],
  { note = null, isCoarse = false }: { note?: string | null; isCoarse?: boolean } = {},
): FileDiff {
  const counts: Record<LineKind, number> = { same: 0, added: 0, removed: 0 };
  for (const { lines } of hunks) for (const { kind } of lines) counts[kind] += 1;
  return { path, hunks, additions: counts.added, deletions: counts.removed, note, isCoarse };
}
