import type { Database, Fragment } from "#server/database/database.ts";

/**
 * Ends lines whose session or upload has ended, and batches whose lines have all ended; of all batches, or of one. What
 * somebody else looks at this very moment is left to them. Safe to run at any time, and by many at once.
 */
export async function settleItems(database: Database, batchId?: string): Promise<void> {
  const { sql } = database;
  const ofBatch = batchId === undefined ? sql`true` : sql`i.batch_id = ${batchId}`;
  await settleImports(database, ofBatch);
  await settleStarts(database, ofBatch);
  await finishBatches(database, batchId);
}

async function settleImports({ sql }: Database, ofBatch: Fragment): Promise<void> {
  await sql`
    with ended as (
      select i.batch_id, i.index, coalesce(u.state, 'failed') as outcome,
        case when u.id is null then 'The session of the upload was deleted' else u.error_message end as why
      from batch_items i left join uploads u on u.id = i.upload_id
      where i.state = 'running' and i.claimed_by is null and i.upload_id is not null
        and (u.id is null or u.state in ('done', 'failed')) and ${ofBatch}
      for update of i skip locked
    )
    update batch_items i set
      state = outcome, reason = why, ended_at = now(), body = case when outcome = 'failed' then body end
    from ended where i.batch_id = ended.batch_id and i.index = ended.index`;
}

/** A session is through when it is at rest and has nothing more to do, or has failed, or is gone. */
async function settleStarts({ sql }: Database, ofBatch: Fragment): Promise<void> {
  await sql`
    with ended as (
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
        end as why
      from batch_items i
      join batches b on b.id = i.batch_id and b.kind = 'start'
      left join sessions s on s.id = i.session_id
      left join lateral (
        select outcome, message from prompts
        where session_id = s.id and generation = s.generation
        order by created_at desc, message_id desc limit 1
      ) as last on true
      where i.state = 'running' and i.claimed_by is null and i.session_id is not null
        and ${ofBatch} and (
          s.id is null or s.deleted_at is not null or s.status = 'failed'
          or (s.status = 'prepared' and not s.auto_initiate)
          or (s.status = 'idle' and not exists (
            select from prompts
            where session_id = s.id and generation = s.generation and prompts.status <> 'settled'
          ))
        )
      for update of i skip locked
    )
    update batch_items i set
      state = case when is_done then 'done' else 'failed' end,
      reason = case when is_done then null else why end,
      ended_at = now(), body = case when is_done then null else body end
    from ended where i.batch_id = ended.batch_id and i.index = ended.index`;
}

/** Conditional, so that of many one does it; whoever wants to hear of it is told in the same statement's commit. */
async function finishBatches({ sql }: Database, batchId: string | undefined): Promise<void> {
  await sql`
    with finished as (
    update batches b set state = 'done', finished_at = now()
    where state = 'sealed' and (${batchId ?? null}::text is null or id = ${batchId ?? null})
      and not exists (
        select from batch_items where batch_id = b.id and state in ('queued', 'running')
      )
    returning id
    )
    update batch_webhooks w set
      message_id = gen_random_uuid(), attempts = 0, due_at = now(), sent_at = null, reason = null
    from finished where w.batch_id = finished.id`;
}
