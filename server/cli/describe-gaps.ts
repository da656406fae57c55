import type { IndexRanges } from "#lib/batch-lines/keep-wanted.ts";
import { BATCH_IDLE_MS } from "#lib/limits.ts";

interface Gaps {
  batchId: string;
  /** Indexes that no line came for: the first of them. */
  missing: IndexRanges;
  missingCount: number;
  /** Lines that could not be read, and that have no index. */
  unassignedCount: number;
}

/** Why a batch was not sealed, and what to do. */
export function describeGaps({ batchId, missing, missingCount, unassignedCount }: Gaps): string {
  const named = missing.reduce((sum, [from, to]) => sum + to - from + 1, 0);
  const ranges = missing.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`));
  if (named < missingCount) ranges.push("…");
  const facts = [
    missingCount > 0 && `no line came for index ${ranges.join(", ")}`,
    unassignedCount > 0 && `lines without an index could not be read: ${unassignedCount}`,
  ];
  const minutes = BATCH_IDLE_MS / 60_000;
  return (
    `The batch stays open: ${facts.filter(Boolean).join("; ")}. ` +
    `Bring them within ${minutes} minutes with --batch ${batchId}, ` +
    `or seal it as it is with \`millrace batch seal ${batchId}\``
  );
}
