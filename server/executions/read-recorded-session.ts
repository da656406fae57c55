import { isRecord } from "#lib/is-record.ts";
import { type JsonObject, parseObject, readNumber, readObject, readText } from "#lib/json.ts";
import type { Database } from "#server/database/database.ts";
import type { Tokens } from "./canonical-items.ts";
import { createSessionInfo, type RecordedSession } from "./session-info.ts";

interface InfoRow {
  title: string;
  isTitleFixed: boolean;
  createdAt: string;
  hasItem: boolean;
  /** Null for a blob, too. */
  body: string | null;
}

/**
 * What a session's own item goes on from in its next turn. Null when the session was brought with an item that is not
 * of ours, and when there is no such session any longer: then none is written.
 */
export async function readRecordedSession(
  { sql }: Database,
  { sessionId, generation }: { sessionId: string; generation: number },
): Promise<RecordedSession | null> {
  const [row] = await sql<InfoRow[]>`
    select title, title_source = 'person' as "isTitleFixed",
      floor(extract(epoch from created_at) * 1000)::text as "createdAt",
      items.type is not null as "hasItem", body
    from sessions left join items on items.session_id = sessions.id
      and items.generation = sessions.generation and type = 'session' and message_id = ''
      and part_id = '' and not deleted
    where id = ${sessionId} and sessions.generation = ${generation}`;
  if (!row) return null;
  const { title, isTitleFixed, hasItem } = row;
  const stored = parseObject(row.body ?? "");
  if (hasItem && !isOurs(stored)) return null;
  const facts = { sessionId, title, createdAt: Number(row.createdAt), tokens: tokensOf(stored) };
  return { info: createSessionInfo(facts), isTitleFixed };
}

/** Other programs keep the mark of ours, and name their project. */
const isOurs = (stored: JsonObject | null) =>
  isRecord(readObject(stored, "metadata")["millrace"]) && readText(stored, "projectID") === null;

function tokensOf(stored: unknown): Tokens {
  const tokens = readObject(stored, "tokens");
  const cache = readObject(tokens, "cache");
  return {
    input: readNumber(tokens, "input") ?? 0,
    output: readNumber(tokens, "output") ?? 0,
    reasoning: readNumber(tokens, "reasoning") ?? 0,
    cache: { read: readNumber(cache, "read") ?? 0, write: readNumber(cache, "write") ?? 0 },
  };
}
