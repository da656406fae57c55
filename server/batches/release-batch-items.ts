import { BATCH_ATTEMPTS_MAX } from "#lib/limits.ts";
import type { TransactionSql } from "#server/database/database.ts";

/**
 * Frees the lines that a dead process was about to begin: they wait again, unless they have cost too many processes
 * their lives.
 */
export async function releaseBatchItems(tx: TransactionSql, processId: string): Promise<void> {
  await tx`
    update batch_items set
      claimed_by = null,
      state = case when attempts < ${BATCH_ATTEMPTS_MAX} then 'queued' else 'failed' end,
      reason = case when attempts < ${BATCH_ATTEMPTS_MAX} then reason
        else 'The server stopped each time that this was begun' end,
      ended_at = case when attempts < ${BATCH_ATTEMPTS_MAX} then null else now() end
    where claimed_by = ${processId} and state = 'running'`;
}
