import type { Sql } from "#server/database/database.ts";
import type { NewsServices } from "#server/live/transact.ts";
import { busyBatch } from "./busy-batch.ts";
import { countMoved } from "./count-lines.ts";
import { settleUnreadable, type UnreadableLine } from "./settle-unreadable.ts";

/**
 * Ends lines whose upload has ended, and answers how many. A document that is broken, or of which nothing could be read,
 * is a line that could not be read, see `settle-unreadable.ts`; one that failed otherwise can be tried again.
 */
export async function settleImports(services: NewsServices, batchId: string): Promise<number> {
  const { sql } = services.database;
  const ended = await sql<({ isUnreadable: boolean } & UnreadableLine)[]>`
    with ${busyBatch(sql, batchId)}, ended as (
      select i.batch_id, i.index, i.upload_id, u.session_id, u.generation,
        u.stored_count + u.unchanged_count as stored, u.skipped_count as skipped,
        ${isUnreadable(sql)} as is_unreadable,
        case
          when u.id is null then 'The session of the upload was deleted'
          when u.state = 'failed' then coalesce(u.error_message, 'The upload failed')
          when ${isAllSkipped(sql)}
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
    from ended
    where i.batch_id = ended.batch_id and i.index = ended.index and not is_unreadable
    returning i.state, i.skipped_count
    ), moved as (
      select 'running' as was, state as now, skipped_count from settled
    ), ${countMoved(sql, batchId, sql`coalesce(sum(skipped_count), 0)`)}
    select is_unreadable as "isUnreadable", index, upload_id as "uploadId",
      session_id as "sessionId", generation, why as reason
    from ended`;
  for (const line of ended) if (line.isUnreadable) await settleUnreadable(services, batchId, line);
  return ended.length;
}

const isAllSkipped = (sql: Sql) =>
  sql`(u.skipped_count > 0 and u.stored_count + u.unchanged_count + u.stale_count = 0)`;

/** Because of what is in it: the same bytes would fail again at the same place. */
const isUnreadable = (sql: Sql) => sql`coalesce(
  u.state = 'failed' and u.error_code in ('invalid_input', 'too_large')
  or u.state = 'done' and ${isAllSkipped(sql)}, false)`;

/** Why nothing could be made of the first of the items that the upload `u` was refused. */
const firstSkip = (sql: Sql) => sql`coalesce(
  (
    select s.reason from skipped_items s
    where s.session_id = u.session_id and s.generation = u.generation and s.received = u.received
    order by item_index limit 1
  ), 'no reason was kept'
)`;
