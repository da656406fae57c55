import type { TransactionSql } from "#server/database/database.ts";

/**
 * Takes a session out of the index, with the transaction that deletes it. The cursor goes first: whoever is writing texts
 * holds it, and is waited for; whoever comes later finds none.
 */
export async function forgetSearchTexts(tx: TransactionSql, sessionId: string): Promise<void> {
  await Promise.all([
    tx`delete from search_cursors where session_id = ${sessionId}`,
    tx`delete from search_texts where session_id = ${sessionId}`,
  ]);
}
