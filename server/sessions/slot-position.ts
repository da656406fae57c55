import type { Sql } from "#server/database/database.ts";

/**
 * The session's place, from 1, among those that wait for a worker: initiated or to be prepared, owned by nobody.
 * Null when nobody is being served, because then it is not slots that it waits for.
 */
export async function findSlotPosition(sql: Sql, sessionId: string): Promise<number | null> {
  const [row] = await sql<{ position: number; busy: boolean }[]>`
    select
      (select count(*)::int from sessions waiting
        join preparations on session_id = waiting.id and preparations.generation = waiting.generation
        where preparations.status = 'waiting' and waiting.deleted_at is null
          and waiting.status = 'preparing'
          and (waiting.updated_at, waiting.id) <= (session.updated_at, session.id)) as position,
      exists (select 1 from leases where process_id is not null and expires_at > now()) as busy
    from sessions session where id = ${sessionId}`;
  return row?.busy ? row.position : null;
}

/** Sessions that nobody owns although they have work; an idle actor gives its slot to them. */
export async function countWaitingSessions(sql: Sql): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count
    from sessions join preparations
      on session_id = sessions.id and preparations.generation = sessions.generation
    where preparations.status = 'waiting' and sessions.status = 'preparing' and deleted_at is null
      and not exists (
        select 1 from leases
        where session_id = sessions.id and process_id is not null and expires_at > now()
      )`;
  return row?.count ?? 0;
}
