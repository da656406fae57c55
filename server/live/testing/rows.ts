import { createSessionId } from "#lib/ids.ts";
import type { Database } from "#server/database/database.ts";
import { sendNews } from "../bus-message.ts";
import type { ItemsPage, ItemsQuery, LiveReaders, SessionReading } from "../live-readers.ts";
import { makeState } from "./memory-session.ts";

/** A team with one person, and a session of theirs. */
export async function insertSession({ sql }: Database): Promise<string> {
  const sessionId = createSessionId();
  await sql`insert into teams (id, name) values ('team', 'Team') on conflict do nothing`;
  await sql`insert into users (id, name) values ('user', 'User') on conflict do nothing`;
  await sql`
    insert into sessions (id, team_id, owner_id, status, title, title_source, repository, agent_id,
      setup_commands, environment)
    values (${sessionId}, 'team', 'user', 'working', 'A session', 'prompt', 'owner/name', 'builtin', '[]', '{}')`;
  return sessionId;
}

/** Writes a value of a part as the item writer does: the session's row is locked, the news leaves at the commit. */
export async function writePart({ sql }: Database, sessionId: string, partId: string) {
  return sql.begin(async (transaction) => {
    const [row] = await transaction<{ seq: number }[]>`
      update sessions set counter = counter + 1, last_seq = counter + 1 where id = ${sessionId}
      returning last_seq::float8 as seq`;
    const seq = row?.seq ?? 0;
    const body = JSON.stringify({ seq });
    await transaction`
      insert into items (session_id, generation, type, message_id, part_id, first_seq, seq,
        version_received, version_index, body, byte_size, body_sha256)
      values (${sessionId}, 1, 'part', 'msg', ${partId}, ${seq}, ${seq}, ${seq}, 0, ${body}, ${body.length}, '')
      on conflict (session_id, generation, type, message_id, part_id)
      do update set seq = excluded.seq, body = excluded.body`;
    await sendNews(transaction, [{ kind: "items", sessionId, generation: 1, seq }]);
    return seq;
  });
}

/** The two readings that the hub wants, as plain as they can be. */
export function createRowReaders({ sql }: Database): LiveReaders {
  return {
    async readState(sessionId): Promise<SessionReading | null> {
      const [row] = await sql<{ lastSeq: number; title: string; revision: number }[]>`
        select last_seq::float8 as "lastSeq", title, revision::float8 as revision
        from sessions where id = ${sessionId} and deleted_at is null`;
      if (row === undefined) return null;
      const state = { ...makeState(1, row.revision), sessionId, title: row.title };
      return { state, lastSeq: row.lastSeq, updatedAt: state.createdAt };
    },
    async readItemsAfter({ sessionId, generation, afterSeq }: ItemsQuery): Promise<ItemsPage> {
      const pageSize = 7;
      const rows = await sql<{ partId: string; seq: number; body: string }[]>`
        select part_id as "partId", seq::float8 as seq, body from items
        where session_id = ${sessionId} and generation = ${generation} and seq > ${afterSeq}
        order by seq limit ${pageSize + 1}`;
      const items = rows.slice(0, pageSize).map(({ partId, seq, body }) => ({
        type: "part",
        messageId: "msg",
        partId,
        firstSeq: seq,
        seq,
        body,
        byteSize: body.length,
        preview: null,
        deleted: false,
      }));
      return { items, done: rows.length <= pageSize };
    },
  };
}

/** Names of the tables in which some row has the text anywhere. */
export async function tablesWithText({ sql }: Database, text: string): Promise<string[]> {
  const tables = await sql<{ schema: string; name: string }[]>`
    select table_schema as schema, table_name as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`;
  const found: string[] = [];
  for (const { schema, name } of tables) {
    const [row] = await sql<{ has: boolean }[]>`
      select exists (select from ${sql(schema)}.${sql(name)} as r where r::text like ${`%${text}%`}) as has`;
    if (row?.has) found.push(name);
  }
  return found;
}
