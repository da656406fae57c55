import { once } from "node:events";
import { createReadStream } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Database } from "#server/database/database.ts";
import { exportSession } from "#server/exports/export-session.ts";
import type { SpoolServices } from "#server/exports/spool.ts";

const PEER_PAGE_ROWS = 30;

/** The product's way: a snapshot in order, framed, counted, hashed. `onChunk` is for what a reader does with it. */
export async function readExport(
  services: SpoolServices,
  sessionId: string,
  onChunk: (chunk: Buffer) => Promise<void> | void = () => {},
): Promise<number> {
  const { signal } = new AbortController();
  const query = { sessionId, generation: 1, format: "json", signal } as const;
  const { chunks } = await exportSession(services, query);
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    await onChunk(chunk);
  }
  return bytes;
}

/** The most that PostgreSQL gives through this driver: bodies as they lie in the table, in no order. */
export async function copyBodies({ sql }: Database, sessionId: string): Promise<number> {
  const statement = `copy (select body from items where session_id = '${sessionId}') to stdout`;
  const stream = await sql.unsafe(statement).readable();
  // Read by a listener: postgres.js 3.4.9 pauses the connection of a reader who is asked to wait, and does not resume it
  // when the last row came meanwhile. The next statement on it would never be answered.
  let bytes = 0;
  stream.on("data", (row: Buffer) => (bytes += row.byteLength));
  await once(stream, "end");
  return bytes;
}

/** How others export: a page of rows, then the next one behind its last key. */
export async function readPages({ sql }: Database, sessionId: string): Promise<number> {
  let bytes = 0;
  let after = ["", ""];
  for (;;) {
    const rows = await sql<{ messageId: string; partId: string; body: string }[]>`
      select message_id as "messageId", part_id as "partId", body from items
      where session_id = ${sessionId} and generation = 1 and type = 'part'
        and (message_id, part_id) > (${after[0]!}, ${after[1]!})
      order by message_id, part_id limit ${PEER_PAGE_ROWS}`;
    const last = rows.at(-1);
    if (!last) return bytes;
    for (const { body } of rows) bytes += Buffer.byteLength(body);
    after = [last.messageId, last.partId];
    await nextTurn();
  }
}

export async function readFileBytes(path: string): Promise<number> {
  let bytes = 0;
  for await (const chunk of createReadStream(path)) bytes += (chunk as Buffer).byteLength;
  return bytes;
}
