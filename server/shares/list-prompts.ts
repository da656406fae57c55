import type { Database } from "#server/database/database.ts";
import { selectBeginning } from "#server/items/item-beginning.ts";
import { readPromptTitle } from "#server/items/outline-facts.ts";
import type { Target } from "#server/items/transcript-bounds.ts";

/** Of a session with more, the newest. */
const LISTED_MAX = 500;
/** As the outline calls them. */
const TITLE_CHARACTERS = 2_048;
const TITLE_PARTS_MAX = 4;

/** A prompt to choose, by its first words. */
export interface ListedPrompt {
  messageId: string;
  /** From 1. */
  turn: number;
  /** Empty for a prompt without text. */
  title: string;
}

/** The prompts of a session, oldest first. */
export async function listPrompts(
  { sql }: Database,
  { sessionId, generation }: Target,
): Promise<ListedPrompt[]> {
  const rows = await sql<{ messageId: string; turn: number; texts: string[] }[]>`
    select m.message_id as "messageId", m.turn,
      array(select ${selectBeginning(sql, TITLE_CHARACTERS)} from items i
        where i.session_id = ${sessionId} and i.generation = ${generation} and i.type = 'part'
          and i.message_id = m.message_id and not i.deleted
        order by i.part_id limit ${TITLE_PARTS_MAX}) as texts
    from (
      select message_id, sort_key, first_seq, (count(*) over () - row_number() over (
          order by sort_key desc, first_seq desc) + 1)::int as turn
      from messages
      where session_id = ${sessionId} and generation = ${generation} and role = 'user' and not deleted
      order by sort_key desc, first_seq desc limit ${LISTED_MAX}
    ) m
    order by m.sort_key, m.first_seq`;
  return rows.map(({ texts, ...prompt }) => ({
    ...prompt,
    title: readPromptTitle(null, texts).title,
  }));
}

/** Position of the last change of a session; what is read later holds it. */
export async function readLastSeq(
  { sql }: Database,
  { sessionId, generation }: Target,
): Promise<number> {
  const [row] = await sql<{ lastSeq: number }[]>`
    select last_seq::float8 as "lastSeq" from sessions where id = ${sessionId} and generation = ${generation}`;
  return row?.lastSeq ?? 0;
}
