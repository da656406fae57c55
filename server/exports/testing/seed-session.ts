import { createSessionId } from "#lib/ids.ts";
import type { Database } from "#server/database/database.ts";

const PARTS_PER_MESSAGE = 40;
const INSERT_PARTS = 20_000;

export interface SeededSession {
  sessionId: string;
  /** Of all bodies. */
  bytes: number;
  rowCount: number;
}

/**
 * Characters of part `n`. `real`: as in real sessions, half of them below 1 KB, a tenth above 6 KB, a hundredth some 60 KB,
 * which together hold most of the bytes. `small`: what a part of an agent's answer weighs on average.
 */
const lengths = {
  real: `case when n % 100 = 0 then 60000 when n % 10 = 0 then 6500 + (n % 9973) * 37 % 20000 else 300 + (n % 9973) * 7919 % 1400 end`,
  small: "420",
};

/** A session of messages with forty parts each, made inside of the database. */
export async function seedSession(
  { sql }: Database,
  { totalBytes, sizes }: { totalBytes: number; sizes: keyof typeof lengths },
): Promise<SeededSession> {
  const sessionId = createSessionId();
  await sql`insert into teams (id, name) values ('team', 'Team') on conflict do nothing`;
  await sql`insert into users (id, name) values ('user', 'User') on conflict do nothing`;
  await sql`
    insert into sessions (id, team_id, owner_id, status, title, title_source, setup_commands, environment)
    values (${sessionId}, 'team', 'user', 'idle', 'Bench', 'prompt', '[]', '{}')`;
  let bytes = 0;
  let first = 0;
  for (; bytes < totalBytes; first += INSERT_PARTS)
    bytes += await insertParts(sql, { sessionId, first, length: lengths[sizes] });
  const messageCount = first / PARTS_PER_MESSAGE;
  await sql`analyze items`;
  await insertMessages(sql, sessionId, messageCount);
  await sql`update sessions set counter = ${first + messageCount}, last_seq = ${first + messageCount} where id = ${sessionId}`;
  await sql`vacuum analyze items`;
  await sql`vacuum analyze messages`;
  return { sessionId, bytes, rowCount: first + messageCount };
}

interface Parts {
  sessionId: string;
  first: number;
  /** An expression. */
  length: string;
}

async function insertParts(sql: Database["sql"], { sessionId, first, length }: Parts) {
  const [row] = await sql<{ bytes: number }[]>`
    with inserted as (
      insert into items
        (session_id, generation, type, message_id, part_id, first_seq, seq, version_received, version_index, body,
        byte_size, body_sha256)
      select ${sessionId}, 1, 'part', 'msg_' || lpad((n / ${PARTS_PER_MESSAGE}::int)::text, 26, '0'), id, n + 1, n + 1,
        1, n, body, octet_length(body), md5(body) || md5(id)
      from (
        select n, id, format(
          '{"id":"%s","messageID":"msg_%s","type":"text","text":"%s"}', id,
          lpad((n / ${PARTS_PER_MESSAGE}::int)::text, 26, '0'), left(repeat(line, length / 40 + 1), length)
        ) as body
        from (
          select n, 'prt_' || lpad(n::text, 26, '0') as id, 'The test number ' || lpad(n::text, 9, '0') || ' is green.   ' as line,
            ${sql.unsafe(length)} as length
          from generate_series(${first}::int, ${first + INSERT_PARTS - 1}::int) n
        ) named
      ) made
      returning byte_size
    )
    select sum(byte_size)::float8 as bytes from inserted`;
  return row!.bytes;
}

async function insertMessages(sql: Database["sql"], sessionId: string, count: number) {
  const first = count * PARTS_PER_MESSAGE;
  await sql`
    insert into items
      (session_id, generation, type, message_id, part_id, first_seq, seq, version_received, version_index, body,
      byte_size, body_sha256)
    select ${sessionId}, 1, 'message', id, '', ${first}::int + n + 1, ${first}::int + n + 1, 1, ${first}::int + n, body,
      octet_length(body), md5(body) || md5(id)
    from (
      select n, 'msg_' || lpad(n::text, 26, '0') as id,
        format('{"id":"msg_%s","role":"assistant"}', lpad(n::text, 26, '0')) as body
      from generate_series(0, ${count - 1}::int) n
    ) made`;
  await sql`
    insert into messages (session_id, generation, message_id, role, sort_key, first_seq, part_count, bytes)
    select ${sessionId}, 1, 'msg_' || lpad(n::text, 26, '0'), 'assistant', lpad(n::text, 16, '0'),
      ${first}::int + n + 1, ${PARTS_PER_MESSAGE}::int, (
        select sum(byte_size) from items
        where session_id = ${sessionId} and message_id = 'msg_' || lpad(n::text, 26, '0')
      )
    from generate_series(0, ${count - 1}::int) n`;
}
