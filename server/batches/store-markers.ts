import { type NewsServices, transact } from "#server/live/transact.ts";
import type { BadLine } from "./batch-line.ts";
import { countLines, lockBatch } from "./count-lines.ts";

/** Keeps lines that belong to no index, or to one out of range. Safe to run again. */
export async function storeMarkers(
  services: NewsServices,
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
  await transact(services, async (tx) => {
    await lockBatch(tx, batchId);
    const { count } = await tx`insert into batch_markers ${tx(rows)} on conflict do nothing`;
    if (count > 0) await countLines(tx, batchId, { change: { unassigned: count } });
  });
}

/**
 * Gives lines that could not be read the index that their place says, as long as no line of the batch says its own: a
 * place may then be any index. Of several for one index, or for one that is taken, no more than one finds its place. To
 * be called when a request has brought all of its lines.
 */
export async function placeMarkers(
  services: NewsServices,
  { batchId, indexEnd }: { batchId: string; indexEnd: number },
): Promise<void> {
  await transact(services, async (tx) => {
    const batch = await lockBatch(tx, batchId);
    if (batch?.state !== "open" || batch.statesIndex) return;
    const [moved] = await tx<{ marked: number; placed: number }[]>`
      with marked as (
        delete from batch_markers
        where batch_id = ${batchId} and stated_index is null and position < ${indexEnd}
        returning *
      ), placed as (
        insert into batch_items (batch_id, index, sha256, bytes, fault, reason, state, ended_at)
        select batch_id, position, sha256, bytes, fault, reason, 'failed', now()
        from marked order by position
        on conflict do nothing
        returning 1
      )
      select (select count(*) from marked)::int as marked, (select count(*) from placed)::int as placed`;
    const { marked = 0, placed = 0 } = moved ?? {};
    const change = { unassigned: -marked, failed: placed };
    if (marked > 0) await countLines(tx, batchId, { change });
  });
}
