import type { TransactionSql } from "#server/database/database.ts";

/**
 * Removes everything that a session holds: items, messages, skips; its blobs are marked, for the sweeper to remove
 * their bytes. The caller has made the tombstone in the same transaction, so nothing is written meanwhile.
 */
export async function deleteItems(tx: TransactionSql, sessionId: string): Promise<void> {
  await Promise.all([
    tx`delete from items where session_id = ${sessionId}`,
    tx`delete from messages where session_id = ${sessionId}`,
    tx`delete from skipped_items where session_id = ${sessionId}`,
    // What items told of the session goes with them: the next generation begins with nothing.
    tx`
      update sessions set
        model_source = 'start', reported_status = null, reported_end = null, turns_uncounted_from = null,
        skipped_item_count = 0
      where id = ${sessionId}`,
    tx`update blobs set state = 'deleting' where session_id = ${sessionId}`,
  ]);
}
