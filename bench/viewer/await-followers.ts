import type { Database } from "#server/database/database.ts";

const LOOK_INTERVAL_MS = 250;

/**
 * Resolves when nothing is behind the sessions any more: the index of the search and the look for secrets, which run in
 * the process that also answers pages, for a while after a session came.
 */
export async function awaitFollowers({ sql }: Database): Promise<void> {
  for (;;) {
    const [behind] = await sql`
      select 1 from sessions s
      left join search_cursors c on c.session_id = s.id and c.generation = s.generation
      left join secret_scans k on k.session_id = s.id and k.generation = s.generation
      where s.last_seq > least(coalesce(c.seq, 0), coalesce(k.seq, 0)) limit 1`;
    if (!behind) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
  }
}
