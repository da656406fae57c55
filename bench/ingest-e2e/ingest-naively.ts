import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { JSONParser } from "@streamparser/json";
import { sql } from "drizzle-orm";
import { items } from "#drizzle/schema/items.ts";
import type { Database } from "#server/database/database.ts";

interface NaiveItem {
  type: string;
  data: { id: string; messageID?: string };
}

/** Parses each item, makes text of it again, and waits for its row before the next one. */
export async function ingestNaively(
  { db }: Database,
  { sessionId, path }: { sessionId: string; path: string },
): Promise<void> {
  const parser = new JSONParser({ paths: ["$.data.*"], keepStack: false });
  let found: NaiveItem[] = [];
  parser.onValue = ({ value }) => found.push(value as unknown as NaiveItem);
  let index = 0;
  for await (const chunk of createReadStream(path)) {
    parser.write(chunk as Uint8Array);
    const batch = found;
    found = [];
    for (const item of batch) {
      index += 1;
      await upsert(db, sessionId, { item, index });
    }
  }
}

async function upsert(
  db: Database["db"],
  sessionId: string,
  { item, index }: { item: NaiveItem; index: number },
): Promise<void> {
  const body = JSON.stringify(item.data);
  const isPart = item.data.messageID !== undefined;
  await db
    .insert(items)
    .values({
      sessionId,
      generation: 1,
      type: item.type,
      messageId: item.data.messageID ?? item.data.id,
      partId: isPart ? item.data.id : "",
      firstSeq: index,
      seq: index,
      versionReceived: 1,
      versionIndex: index,
      body,
      byteSize: Buffer.byteLength(body),
      bodySha256: createHash("sha256").update(body).digest("hex"),
    })
    .onConflictDoUpdate({
      target: [items.sessionId, items.generation, items.type, items.messageId, items.partId],
      set: { body: sql`excluded.body`, seq: sql`excluded.seq` },
    });
}
