import type { Batch } from "./batch.ts";

/**
 * How much of what a batch was given, or should have been, is nowhere; of its lines that failed or were cancelled nothing
 * is told here. Nobody can say which index a line without one was meant for. It is not lost once every index has its
 * line and no more come: then it came again, or whoever sealed the batch left it out. A conflict stays one: which of the
 * two lines was meant is for a person to say, and nothing that comes later says it.
 */
export function countLost(
  batch: Pick<
    Batch,
    "state" | "counts" | "conflictCount" | "unassignedCount" | "missingCount" | "skippedItemCount"
  >,
): number {
  const { state, counts, conflictCount, unassignedCount, missingCount, skippedItemCount } = batch;
  const isWhole =
    state !== "open" && missingCount === 0 && counts.failed === 0 && counts.cancelled === 0;
  return conflictCount + missingCount + skippedItemCount + (isWhole ? 0 : unassignedCount);
}
