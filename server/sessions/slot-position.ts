import type { Sql } from "#server/database/database.ts";

/** More of them are not told when the line moves: their pages read it again by themselves. */
const TOLD_MAX = 100;

/** Sessions that wait for a worker: to be prepared, and owned by nobody. The one that waits longest first. */
const waitingSessions = (sql: Sql) => sql`
  select sessions.id, sessions.team_id,
    row_number() over (order by preparations.updated_at, sessions.id)::int as position
  from sessions join preparations
    on session_id = sessions.id and preparations.generation = sessions.generation
  where preparations.status = 'waiting' and sessions.status = 'preparing' and deleted_at is null
    and not exists (
      select 1 from leases
      where leases.session_id = sessions.id and process_id is not null and expires_at > now()
    )`;

/** The session's place in the line, from 1; null when it does not wait, or a slot is free for it. */
export async function findSlotPosition(sql: Sql, sessionId: string): Promise<number | null> {
  const [row] = await sql<{ position: number }[]>`
    select position from (${waitingSessions(sql)}) as waiting
    where id = ${sessionId} and (
      select count(*) from leases where process_id is not null and expires_at > now()
    ) >= (select coalesce(sum(slots), 0) from processes)`;
  return row?.position ?? null;
}

/** Sessions that nobody owns although they have work; an idle actor gives its slot to them. */
export async function countWaitingSessions(sql: Sql): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from (${waitingSessions(sql)}) as waiting`;
  return row?.count ?? 0;
}

/** Those whose place has changed when somebody before them has left the line. */
export async function listWaitingSessions(
  sql: Sql,
): Promise<{ sessionId: string; teamId: string }[]> {
  return sql<{ sessionId: string; teamId: string }[]>`
    select id as "sessionId", team_id as "teamId"
    from (${waitingSessions(sql)}) as waiting limit ${TOLD_MAX}`;
}
