import type { BatchKind } from "#lib/batch.ts";
import type { NewsServices } from "#server/live/transact.ts";
import { countMoved } from "./count-lines.ts";
import { busyBatch } from "./busy-batch.ts";
import { settleImports } from "./settle-imports.ts";

interface BatchOfKind {
  batchId: string;
  kind: BatchKind;
}

/** `settleItems` for all batches of which a line is at work. */
export async function settleAllItems(services: NewsServices): Promise<void> {
  const { sql } = services.database;
  const busy = await sql<BatchOfKind[]>`
    select id as "batchId", kind from batches where running_count > 0 order by id`;
  for (const batch of busy) await settleItems(services, batch);
}

/**
 * Ends lines of a batch whose session or upload has ended, and with the last of them the batch. What somebody else looks
 * at this very moment is left to them. Safe to run at any time, and by many at once.
 */
export async function settleItems(
  services: NewsServices,
  { batchId, kind }: BatchOfKind,
): Promise<void> {
  const settle = kind === "import" ? settleImports : settleStarts;
  const count = await settle(services, batchId);
  if (count > 0) services.bus.tell({ kind: "batch", batchId });
}

/**
 * A session is through when it is at rest and has nothing more to do, or has failed, or is gone. What an abort did not
 * let come to its end is cancelled, as what it did not let begin.
 */
async function settleStarts({ database: { sql } }: NewsServices, batchId: string): Promise<number> {
  const { count } = await sql`
    with ${busyBatch(sql, batchId)}, ended as (
      select i.batch_id, i.index,
        case
          when s.id is null or s.deleted_at is not null or s.status = 'failed' then false
          when s.status = 'prepared' then true
          else coalesce(last.outcome = 'completed', false)
        end as is_done,
        case
          when s.id is null or s.deleted_at is not null then 'The session was deleted'
          when s.status = 'failed' then coalesce(s.status_message, 'The session failed')
          else coalesce(last.message, 'The turn ended: ' || last.outcome)
        end as why, batch_state = 'aborted' as is_aborted, batch_message
      from busy
      join batch_items i on i.batch_id = busy.id and busy.kind = 'start'
      left join sessions s on s.id = i.session_id
      left join lateral (
        select outcome, message from prompts
        where session_id = s.id and generation = s.generation
        order by created_at desc, message_id desc limit 1
      ) as last on true
      where i.state = 'running' and i.claimed_by is null and i.session_id is not null
        and (
          s.id is null or s.deleted_at is not null or s.status = 'failed'
          or (s.status = 'prepared' and not s.auto_initiate)
          or (s.status = 'idle' and not exists (
            select from prompts
            where session_id = s.id and generation = s.generation and prompts.status <> 'settled'
          ))
        )
      for update of i skip locked
    ), settled as (
    update batch_items i set
      state = case when is_done then 'done' when is_aborted then 'cancelled' else 'failed' end,
      reason = case when is_done then null when is_aborted then batch_message else why end,
      ended_at = now(), body = case when is_done or is_aborted then null else body end
    from ended where i.batch_id = ended.batch_id and i.index = ended.index
    returning i.state
    ), moved as (
      select 'running' as was, state as now from settled
    ), ${countMoved(sql, batchId)}
    select 1 from settled`;
  return count;
}
