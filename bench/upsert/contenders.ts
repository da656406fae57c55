import { createHash } from "node:crypto";
import { finished } from "node:stream/promises";
import { sql } from "drizzle-orm";
import { items as itemsTable } from "#drizzle/schema/items.ts";
import type { Database } from "#server/database/database.ts";
import type { ItemInput } from "#server/items/item-input.ts";
import type { ItemServices } from "#server/items/write-items.ts";
import { writeItemStream } from "#server/items/write-items.ts";
import { copyRow, COPY_COLUMNS, COPY_HEADER, COPY_TRAILER } from "./copy-binary.ts";

export interface Target {
  sessionId: string;
  items: readonly ItemInput[];
}

/** The size that research found best for the peer. */
const DRIZZLE_BATCH = 300;
const COPY_CHUNK_BYTES = 256 * 1024;

/** The product's way: guarded, projected, announced, durable. Returns how many rows it changed. */
export async function writeGuarded(
  services: ItemServices,
  { sessionId, items, received }: Target & { received: number },
): Promise<number> {
  let storedCount = 0;
  await writeItemStream(services, { sessionId, generation: 1, received, items }, ({ results }) => {
    for (const { outcome } of results) storedCount += Number(outcome === "stored");
  });
  return storedCount;
}

/** What one writes with drizzle: a multi-row upsert per batch, each its own transaction. */
export async function writeDrizzleBatches(database: Database, target: Target): Promise<void> {
  const rows = target.items.map((item, index) => itemRow(target.sessionId, item, index));
  for (let start = 0; start < rows.length; start += DRIZZLE_BATCH)
    await upsertWithDrizzle(database, rows.slice(start, start + DRIZZLE_BATCH));
}

/** The naive pipeline: the next row when the one before is durable. */
export async function writeRowByRow(database: Database, target: Target): Promise<void> {
  for (const [index, item] of target.items.entries())
    await upsertWithDrizzle(database, [itemRow(target.sessionId, item, index)]);
}

/** The ceiling: no guard, no projections, one transaction. */
export async function copyBinary(database: Database, target: Target): Promise<void> {
  const statement = `copy items (${COPY_COLUMNS.join(", ")}) from stdin (format binary)`;
  const stream = await database.sql.unsafe(statement).writable();
  const ended = finished(stream);
  let pieces: Buffer[] = [COPY_HEADER];
  let bytes = 0;
  for (const [index, item] of target.items.entries()) {
    const piece = copyRow(itemRow(target.sessionId, item, index));
    pieces.push(piece);
    bytes += piece.byteLength;
    if (bytes < COPY_CHUNK_BYTES) continue;
    if (!stream.write(Buffer.concat(pieces)))
      await new Promise((resolve) => stream.once("drain", resolve));
    pieces = [];
    bytes = 0;
  }
  stream.end(Buffer.concat([...pieces, COPY_TRAILER]));
  await ended;
}

export type ItemRow = ReturnType<typeof itemRow>;

function itemRow(sessionId: string, { type, messageId, partId, body }: ItemInput, index: number) {
  const text = Buffer.from(body).toString("utf8");
  return {
    sessionId,
    generation: 1,
    type,
    messageId,
    partId,
    firstSeq: index + 1,
    seq: index + 1,
    versionReceived: 1,
    versionIndex: index,
    body: text,
    byteSize: Buffer.byteLength(text),
    bodySha256: createHash("sha256").update(text).digest("hex"),
  };
}

async function upsertWithDrizzle({ db }: Database, rows: ItemRow[]): Promise<void> {
  const { sessionId, generation, type, messageId, partId } = itemsTable;
  await db
    .insert(itemsTable)
    .values(rows)
    .onConflictDoUpdate({
      target: [sessionId, generation, type, messageId, partId],
      set: {
        seq: sql`excluded.seq`,
        versionReceived: sql`excluded.version_received`,
        versionIndex: sql`excluded.version_index`,
        body: sql`excluded.body`,
        byteSize: sql`excluded.byte_size`,
        bodySha256: sql`excluded.body_sha256`,
      },
      setWhere: sql`(items.version_received, items.version_index) < (excluded.version_received, excluded.version_index)`,
    });
}
