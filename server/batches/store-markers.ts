import type { Sql, TransactionSql } from "#server/database/database.ts";
import type { BadLine } from "./batch-line.ts";

/** Keeps lines that belong to no index, or to one out of range. Safe to run again. */
export async function storeMarkers(
  sql: Sql,
  batchId: string,
  lines: readonly BadLine[],
): Promise<void> {
  if (lines.length === 0) return;
  const rows = lines.map((line) => ({
    batch_id: batchId,
    position: line.position,
    sha256: line.sha256,
    bytes: line.bytes,
    line_number: line.number,
    offset: line.offset,
    stated_index: line.index,
    fault: line.fault,
    reason: line.reason,
  }));
  await sql`insert into batch_markers ${sql(rows)} on conflict do nothing`;
}

/**
 * Gives lines that could not be read the index that their place says, as long as no line of the batch says its own: a
 * place may then be any index. To be called when a request has brought all of its lines.
 */
export async function placeMarkers(
  tx: TransactionSql,
  { batchId, indexEnd }: { batchId: string; indexEnd: number },
): Promise<void> {
  await tx`
    with batch as (
      select id from batches where id = ${batchId} and state = 'open' and not states_index for share
    ), placed as (
      delete from batch_markers m using batch
      where m.batch_id = batch.id and stated_index is null and position < ${indexEnd}
      returning m.*
    )
    insert into batch_items (batch_id, index, sha256, bytes, fault, reason, state, ended_at)
    select batch_id, position, sha256, bytes, fault, reason, 'failed', now()
    from placed order by position
    on conflict do nothing`;
}
