import { createHmac, randomBytes } from "node:crypto";
import type { Database } from "#server/database/database.ts";

const KEY_BYTES = 32;
const NAME = "shares";

const keys = new WeakMap<Database, Promise<Buffer>>();

/**
 * The key that tokens, cookies and fingerprints of shares are derived from. Made once for all processes of a database,
 * and never changed: the links that people hold depend on it.
 */
export function readServerKey(database: Database): Promise<Buffer> {
  const known = keys.get(database);
  if (known) return known;
  const reading = readOrMake(database);
  keys.set(database, reading);
  reading.catch(() => keys.delete(database));
  return reading;
}

async function readOrMake({ sql }: Database): Promise<Buffer> {
  const made = randomBytes(KEY_BYTES);
  await sql`insert into server_keys (name, key) values (${NAME}, ${made}) on conflict do nothing`;
  const [row] = await sql<{ key: Buffer }[]>`select key from server_keys where name = ${NAME}`;
  return Buffer.from(row!.key);
}

/** A digest of `text` that nobody can make without the key; `purpose` keeps those of one use from serving another. */
export const signWith = (key: Buffer, purpose: string, text: string): Buffer =>
  createHmac("sha256", key).update(`${purpose}\0${text}`).digest();
