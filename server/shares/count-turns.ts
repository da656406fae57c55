import type { Database } from "#server/database/database.ts";

/** Turns of a session: its prompts. */
export async function countTurns(
  { sql }: Database,
  { sessionId, generation }: { sessionId: string; generation: number },
): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from messages
    where session_id = ${sessionId} and generation = ${generation} and role = 'user' and not deleted`;
  return row?.count ?? 0;
}
