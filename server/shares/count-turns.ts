import type { Database } from "#server/database/database.ts";
import {
  isWithin,
  readBounds,
  type Target,
  type TranscriptSpan,
} from "#server/items/transcript-bounds.ts";

/** Turns of a session, or of a span of it: its prompts. */
export async function countTurns(
  { sql }: Database,
  target: Target,
  span: TranscriptSpan = {},
): Promise<number> {
  const { sessionId, generation } = target;
  return sql.begin("read only", async (tx) => {
    const bounds = await readBounds(tx, target, span);
    if (bounds === null) return 0;
    const [row] = await tx<{ count: number }[]>`
      select count(*)::int as count from messages
      where session_id = ${sessionId} and generation = ${generation} and role = 'user' and not deleted
        and first_seq <= ${span.maxSeq ?? Number.MAX_SAFE_INTEGER} ${isWithin(tx, bounds)}`;
    return row?.count ?? 0;
  });
}
