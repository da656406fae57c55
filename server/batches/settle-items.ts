import type { Sql } from "#server/database/database.ts";
import type { NewsServices } from "#server/live/transact.ts";
import { countMoved } from "./count-lines.ts";

/** `settleItems` for all batches of which a line is at work. */
export async function settleAllItems(services: NewsServices): Promise<void> {
  const { sql } = services.database;
  const busy = await sql<{ batchId: string }[]>`
    select id as "batchId" from batches where running_count > 0 order by id`;
  for (const { batchId } of busy) await settleItems(services, batchId);
}

/**
 * Ends lines of a batch whose session or upload has ended, and with the last of them the batch. What somebody else looks
 * at this very moment is left to them. Safe to run at any time, and by many at once.
 */
export async function settleItems(services: NewsServices, batchId: string): Promise<void> {
  const { sql } = services.database;
  const imports = await settleImports(sql, batchId);
  const starts = await settleStarts(sql, batchId);
  if (imports.length + starts.length > 0) services.bus.tell({ kind: "batch", batchId });
}

/** Locked before its lines, and only when one of them is at work. */
const busyBatch = (sql: Sql, batchId: string) => sql`busy as (
  select id, kind, state as batch_state, message as batch_message
  from batches where id = ${batchId} and running_count > 0 for no key update
)`;

/** A document that brought nothing, because nothing could be made of its items, is a line that failed. */
function settleImports(sql: Sql, batchId: string) {
  return sql`
    with ${busyBatch(sql, batchId)}, ended as (
      select i.batch_id, i.index, u.stored_count + u.unchanged_count as stored, u.skipped_count as skipped,
        case
          when u.id is null then 'The session of the upload was deleted'
          when u.state = 'failed' then coalesce(u.error_message, 'The upload failed')
          when u.skipped_count > 0 and u.stored_count + u.unchanged_count + u.stale_count = 0
            then 'Nothing in it could be read, ' || u.skipped_count || ' skipped: ' || ${firstSkip(sql)}
        end as why
      from busy join batch_items i on i.batch_id = busy.id left join uploads u on u.id = i.upload_id
      where i.state = 'running' and i.claimed_by is null and i.upload_id is not null
        and (u.id is null or u.state in ('done', 'failed'))
      for update of i skip locked
    ), settled as (
    update batch_items i set
      state = case when why is null then 'done' else 'failed' end, reason = why, ended_at = now(),
      stored_count = stored, skipped_count = skipped
    from ended where i.batch_id = ended.batch_id and i.index = ended.index
    returning i.state, i.skipped_count
    ), moved as (
      select 'running' as was, state as now, skipped_count from settled
    ), ${countMoved(sql, batchId, sql`coalesce(sum(skipped_count), 0)`)}
    select 1 from settled`;
}

/** Why nothing could be made of the first of the items that the upload `u` was refused. */
const firstSkip = (sql: Sql) => sql`coalesce(
  (
    select s.reason from skipped_items s
    where s.session_id = u.session_id and s.generation = u.generation and s.received = u.received
    order by item_index limit 1
  ), 'no reason was kept'
)`;

/**
 * A session is through when it is at rest and has nothing more to do, or has failed, or is gone. What an abort did not
 * let come to its end is cancelled, as what it did not let begin.
 */
function settleStarts(sql: Sql, batchId: string) {
  return sql`
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
}
