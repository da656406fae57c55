import { BATCH_ATTEMPTS_MAX } from "#lib/limits.ts";
import type { BatchItemState } from "#lib/batch.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { countLines, countStates } from "./count-lines.ts";

/**
 * Frees the lines that a dead process was about to begin: they wait again, unless they have cost too many processes
 * their lives. One whose session was started goes on with that.
 */
export async function releaseBatchItems(tx: TransactionSql, processId: string): Promise<void> {
  // In one order for all who lock several batches.
  const batches = await tx<{ batchId: string }[]>`
    select id as "batchId" from batches
    where id in (select batch_id from batch_items where claimed_by = ${processId})
    order by id for no key update`;
  const batchIds = batches.map(({ batchId }) => batchId);
  await tx`
    update batch_items i set claimed_by = null, reason = null
    from batches b
    where b.id = i.batch_id and b.kind = 'start' and i.claimed_by = ${processId}
      and i.state = 'running' and i.session_id is not null and b.id = any(${batchIds}::text[])`;
  const released = await tx<{ batchId: string; state: BatchItemState }[]>`
    update batch_items set
      claimed_by = null,
      state = case when attempts < ${BATCH_ATTEMPTS_MAX} then 'queued' else 'failed' end,
      reason = case when attempts < ${BATCH_ATTEMPTS_MAX} then reason
        else 'The server stopped each time that this was begun' end,
      ended_at = case when attempts < ${BATCH_ATTEMPTS_MAX} then null else now() end
    where claimed_by = ${processId} and state = 'running'
      and batch_id = any(${batchIds}::text[])
    returning batch_id as "batchId", state`;
  for (const { batchId } of batches) {
    const ofBatch = released.filter((item) => item.batchId === batchId);
    if (ofBatch.length === 0) continue;
    const states = countStates(ofBatch.map(({ state }) => state));
    await countLines(tx, batchId, { change: { ...states, running: -ofBatch.length } });
  }
}
