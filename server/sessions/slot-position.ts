import { isKept } from "#server/checkpoints/find-checkpoint.ts";
import type { Fragment, Sql, TransactionSql } from "#server/database/database.ts";

/** More of them are not told when the line moves: their pages read it again by themselves. */
const TOLD_MAX = 100;

/**
 * Sessions that wait for a worker: to be prepared, and owned by nobody, with the host that alone has their folder, if any.
 * The one that waits longest first.
 */
const waitingSessions = (sql: Sql) => sql`
  select sessions.id, sessions.team_id,
    (
      select host_id from workspaces
      where workspaces.session_id = sessions.id and workspaces.generation = sessions.generation
        and workspaces.state = 'prepared' and not ${isKept(sql, "sessions")}
    ) as host_id,
    row_number() over (order by preparations.updated_at, sessions.id)::int as position
  from sessions join preparations
    on session_id = sessions.id and preparations.generation = sessions.generation
  where preparations.status = 'waiting' and sessions.status = 'preparing' and deleted_at is null
    and not exists (
      select 1 from leases
      where leases.session_id = sessions.id and process_id is not null and expires_at > now()
    )`;

/** Slots of a host, or of all with null, in which no session runs. */
export const freeSlots = (sql: Sql | TransactionSql, hostId: Fragment | string | null) => sql`(
  select coalesce(sum(greatest(slots - (
    select count(*) from leases where process_id = processes.id and expires_at > now()
  ), 0)), 0)
  from processes where host_id = coalesce(${hostId}, host_id)
)`;

/** The session's place in the line, from 1; null when it does not wait, or a slot is free for it. */
export async function findSlotPosition(sql: Sql, sessionId: string): Promise<number | null> {
  const [row] = await sql<{ position: number }[]>`
    select position from (${waitingSessions(sql)}) as waiting
    where id = ${sessionId} and ${freeSlots(sql, sql`waiting.host_id`)} = 0`;
  return row?.position ?? null;
}

/**
 * Whether an idle actor on this host should give its slot to somebody else: more sessions wait than there are free slots
 * for, counting those whose folder is here and all that may go on here.
 */
export async function isSlotWanted(sql: Sql, hostId: string): Promise<boolean> {
  const [row] = await sql<{ isWanted: boolean }[]>`
    select count(*) filter (where host_id = ${hostId}) > ${freeSlots(sql, hostId)}
      or count(*) > ${freeSlots(sql, null)} as "isWanted"
    from (${waitingSessions(sql)}) as waiting
    where host_id is null or host_id = ${hostId}`;
  return row?.isWanted ?? false;
}

/** Those whose place has changed when somebody before them has left the line. */
export async function listWaitingSessions(
  sql: Sql,
): Promise<{ sessionId: string; teamId: string }[]> {
  return sql<{ sessionId: string; teamId: string }[]>`
    select id as "sessionId", team_id as "teamId"
    from (${waitingSessions(sql)}) as waiting limit ${TOLD_MAX}`;
}
