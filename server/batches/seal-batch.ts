import type { Batch } from "#lib/batch.ts";
import { describeGaps } from "#lib/batch-lines/describe-gaps.ts";
import { AppError } from "#lib/errors.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { type NewsServices, transact } from "#server/live/transact.ts";
import { selectBatch } from "./batch-row.ts";
import { countLines, lockBatch } from "./count-lines.ts";
import { findMissing } from "./find-missing.ts";

interface Sealing {
  allowGaps?: boolean;
  allowUnassigned?: boolean;
}

/** Gaps that a refusal names; `GET …/missing` has all. */
const NAMED_GAPS = 100;

/**
 * Ends the coming of lines. Safe to repeat. Throws `conflict` for a batch that was aborted, and for one that misses lines
 * (unless `allowGaps`), or has some that nobody can say the index of (unless that or `allowUnassigned`): then it is open
 * as before.
 */
export async function sealBatch(
  services: NewsServices,
  batchId: string,
  { allowGaps = false, allowUnassigned = false }: Sealing = {},
): Promise<void> {
  const state = await transact(services, async (tx) => {
    const batch = await lockBatch(tx, batchId);
    if (batch?.state === "open" && !allowGaps) await requireWhole(tx, batchId, { allowUnassigned });
    return countLines(tx, batchId, { change: {}, isSealing: true });
  });
  if (state === "aborted") throw aborted(batchId);
}

async function requireWhole(
  tx: TransactionSql,
  batchId: string,
  { allowUnassigned }: { allowUnassigned: boolean },
): Promise<void> {
  const [batch] = await tx<Pick<Batch, "missingCount" | "unassignedCount">[]>`
    select ${selectBatch(tx)} from batches b where id = ${batchId}`;
  const { missingCount = 0, unassignedCount = 0 } = batch ?? {};
  if (missingCount === 0 && (unassignedCount === 0 || allowUnassigned)) return;
  const { missing } = await findMissing(tx, batchId, { limit: NAMED_GAPS });
  const gaps = describeGaps({ missing, missingCount, unassignedCount });
  throw new AppError("conflict", `The batch is not whole: ${gaps}`, {
    details: { batchId, batchState: "open", missing, missingCount, unassignedCount },
  });
}

/** `batchState` tells it apart from conflicts that pass by themselves. */
export const aborted = (batchId: string) =>
  new AppError("conflict", "The batch was aborted", {
    details: { batchId, batchState: "aborted" },
  });
