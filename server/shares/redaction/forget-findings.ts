import type { TransactionSql } from "#server/database/database.ts";

/** Removes what was found in a session that is deleted in the same transaction. Its shares stay, and open nothing. */
export async function forgetFindings(tx: TransactionSql, sessionId: string): Promise<void> {
  await Promise.all([
    tx`delete from secret_findings where session_id = ${sessionId}`,
    tx`delete from secret_scans where session_id = ${sessionId}`,
  ]);
}
