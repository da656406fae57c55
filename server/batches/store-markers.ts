import { type NewsServices, transact } from "#server/live/transact.ts";
import type { Sql } from "#server/database/database.ts";
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
 * place may then be any index. Of several for one index the first one finds its place, for one that is taken none does;
 * the others stay unassigned. To be called when a request has brought all of its lines.
 */
export async function placeMarkers(
  services: NewsServices,
  { batchId, indexEnd }: { batchId: string; indexEnd: number },
): Promise<void> {
  await transact(services, async (tx) => {
    const batch = await lockBatch(tx, batchId);
    if (batch?.state !== "open" || batch.statesIndex) return;
    const { count: placed } = await tx`
      with chosen as (
        select distinct on (position) * from batch_markers
        where batch_id = ${batchId} and stated_index is null and not is_placed
          and position < ${indexEnd}
        order by position, sha256
      ), placed as (
        insert into batch_items (batch_id, index, sha256, bytes, fault, reason, state, ended_at)
        select batch_id, position, sha256, bytes, fault, reason, 'failed', now()
        from chosen order by position
        on conflict do nothing
        returning index, sha256
      )
      update batch_markers m set is_placed = true from placed
      where m.batch_id = ${batchId} and m.position = placed.index and m.sha256 = placed.sha256`;
    const change = { unassigned: -placed, failed: placed };
    if (placed > 0) await countLines(tx, batchId, { change });
  });
}

/**
 * A line of the batch says its index: what was placed without, by requests before, is unassigned again, so that it does
 * not matter which came first. What no line can come for any more, because the batch is sealed, stays. Safe to repeat.
 */
export async function noteStatedIndex(services: NewsServices, batchId: string): Promise<void> {
  await transact(services, async (tx) => {
    const batch = await lockBatch(tx, batchId);
    if (!batch || batch.statesIndex) return;
    await tx`update batches set states_index = true where id = ${batchId}`;
    if (batch.state !== "open") return;
    const { count: freed } = await tx`
      with freed as (
        delete from batch_items i using batch_markers m
        where i.batch_id = ${batchId} and i.fault is not null
          and m.batch_id = i.batch_id and m.position = i.index and m.sha256 = i.sha256 and is_placed
        returning i.index, i.sha256
      )
      update batch_markers m set is_placed = false from freed
      where m.batch_id = ${batchId} and m.position = freed.index and m.sha256 = freed.sha256`;
    const change = { unassigned: freed, failed: -freed };
    if (freed > 0) await countLines(tx, batchId, { change });
  });
}

/** Of lines that said no index, those that stand under their place now. */
export async function findPlaced(
  sql: Sql,
  batchId: string,
  lines: readonly Pick<BadLine, "position" | "sha256">[],
): Promise<{ position: number; sha256: string }[]> {
  if (lines.length === 0) return [];
  return sql<{ position: number; sha256: string }[]>`
    select index as position, i.sha256
    from batch_items i join unnest(
      ${lines.map(({ position }) => position)}::int[], ${lines.map(({ sha256 }) => sha256)}::text[]
    ) as line(position, sha256) on i.index = line.position and i.sha256 = line.sha256
    where batch_id = ${batchId} and fault is not null`;
}
