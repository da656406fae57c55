import type { SessionAccess } from "#server/accounts/policy.ts";
import type { Database } from "#server/database/database.ts";

/**
 * The session that another one names as its agent does: by our id, or by the id that it had where both come from. Only of
 * the same team; null when it is not here, or was deleted.
 */
export async function findLinkedSession(
  { sql }: Database,
  { sessionId, teamId }: SessionAccess,
  name: string,
): Promise<string | null> {
  const [found] = await sql<{ id: string }[]>`
    select linked.id from sessions linked
    join sessions session on session.id = ${sessionId}
    where linked.team_id = ${teamId} and linked.deleted_at is null and linked.id <> session.id
      and (linked.id = ${name} or (linked.external_id = ${name} and linked.source = session.source))
    order by linked.id = ${name} desc limit 1`;
  return found?.id ?? null;
}
