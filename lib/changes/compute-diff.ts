import type { Change, ChangeCounts } from "./read-changes.ts";
import { diffTexts } from "./diff-texts.ts";
import type { FileDiff } from "./file-diff.ts";

/** Longer texts, both together, are compared in a worker. UTF-16 units. */
const NOW_MAX_LENGTH = 60_000;
/** Longer ones are not compared at all. */
const DIFF_MAX_LENGTH = 8_000_000;

export type DiffCost = "now" | "worker" | "never";

export function diffCost(change: Change): DiffCost {
  if (change.kind === "lines") return "now";
  const length = change.oldText.length + change.newText.length;
  return length <= NOW_MAX_LENGTH ? "now" : length <= DIFF_MAX_LENGTH ? "worker" : "never";
}

const known = new WeakMap<Change, FileDiff>();

/** The change line by line. Takes time for long texts: see `diffCost`. */
export function computeDiff(change: Change): FileDiff {
  if (change.kind === "lines") return change.diff;
  const diff = known.get(change) ?? diffTexts(change);
  known.set(change, diff);
  return diff;
}

/** Lines added and removed, all changes together; null where counting them would take too long. */
export function countChanges(changes: readonly Change[]): ChangeCounts | null {
  const counts = { additions: 0, deletions: 0 };
  for (const change of changes) {
    const told = change.kind === "texts" ? change.counts : null;
    if (told === null && diffCost(change) !== "now") return null;
    const { additions, deletions } = told ?? computeDiff(change);
    counts.additions += additions;
    counts.deletions += deletions;
  }
  return counts;
}
