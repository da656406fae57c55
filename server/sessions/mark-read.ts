import type { SessionAccess } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Database } from "#server/database/database.ts";

/** Remembers how far somebody has read. It never goes back, nor beyond the session's last item. Safe to run again. */
export async function markRead(
  { sql }: Database,
  viewer: Viewer,
  { access, seq }: { access: SessionAccess; seq: number },
): Promise<void> {
  await sql`
    insert into session_reads as r (session_id, user_id, generation, seq)
    select id, ${viewer.userId}, generation, least(last_seq, ${seq}) from sessions
    where id = ${access.sessionId} and generation = ${access.generation} and deleted_at is null
    on conflict (session_id, user_id) do update set generation = excluded.generation, seq = excluded.seq
    where (r.generation, r.seq) < (excluded.generation, excluded.seq)`;
}
