import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import type { Database } from "#server/database/database.ts";

/** An item as its source has it. */
export interface ExpectedItem {
  type: string;
  messageId: string;
  partId: string;
  /** Hex, of the body's bytes. */
  sha256: string;
}

export interface StoredCheck {
  missing: string[];
  damaged: string[];
  /** More rows than identities, or rows that nobody sent. */
  surplus: string[];
  /** Stored files that no row refers to. */
  orphanBlobs: string[];
}

/**
 * Compares what is in the database and on disk with what was sent. Reads SQL and files only, none of our own code: what
 * is wrong in a reader or a writer must not hide here.
 */
export async function checkStored(
  { sql }: Database,
  {
    sessionId,
    dataDir,
    expected,
  }: { sessionId: string; dataDir: string; expected: ExpectedItem[] },
): Promise<StoredCheck> {
  const rows = await sql<
    { identity: string; body: string | null; keys: string[]; version: string }[]
  >`
    select type || ' ' || message_id || ' ' || part_id as identity, body,
      array(select key from blob_segments s where s.blob_id = i.blob_id order by n) as keys
    from items i where session_id = ${sessionId} and not deleted`;
  const orphans = await sql<{ blob: string }[]>`
    select concat_ws(' ', purpose, state, bytes, lease_until) as blob from blobs b
    where b.session_id = ${sessionId}
      and not exists (select from items where blob_id = b.id)
      and not exists (select from uploads where blob_id = b.id)`;
  const wanted = new Map(
    expected.map(({ type, messageId, partId, sha256 }) => [
      `${type} ${messageId} ${partId}`,
      sha256,
    ]),
  );
  const seen = new Set<string>();
  const check: StoredCheck = {
    missing: [],
    damaged: [],
    surplus: [],
    orphanBlobs: orphans.map(({ blob }) => blob),
  };
  for (const { identity, body, keys } of rows) {
    if (!wanted.has(identity) || seen.has(identity)) check.surplus.push(identity);
    seen.add(identity);
    const hash = body === null ? await hashFiles(dataDir, keys) : hashText(body);
    if (wanted.has(identity) && hash !== wanted.get(identity)) check.damaged.push(identity);
  }
  check.missing = [...wanted.keys()].filter((identity) => !seen.has(identity));
  return check;
}

const hashText = (text: string) => createHash("sha256").update(text).digest("hex");

async function hashFiles(dataDir: string, keys: string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const key of keys)
    for await (const chunk of createReadStream(join(dataDir, "blobs", key)))
      hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}
