import type { TransactionSql } from "#server/database/database.ts";

/** Lets go of what is kept of a session's files; their blobs are marked with all others of the session. */
export async function deleteCheckpoints(tx: TransactionSql, sessionId: string): Promise<void> {
  await Promise.all([
    tx`delete from checkpoints where session_id = ${sessionId}`,
    tx`delete from workspace_changes where session_id = ${sessionId}`,
  ]);
}
