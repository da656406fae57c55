import { randomBytes } from "node:crypto";
import { SECRET_KEY_BYTES } from "#lib/limits.ts";
import type { Database } from "#server/database/database.ts";
import type { Environment } from "#server/env.ts";
import type { Services } from "#server/services.ts";
import { DATABASE_KEY_ID, type SecretKey } from "./parse-secret-keys.ts";

/** Every key that may be asked for, and the one that seals from now on. */
export interface KeyRing {
  current: SecretKey;
  keys: ReadonlyMap<string, Buffer>;
}

const NAME = "secrets";

const rings = new WeakMap<Pick<Environment, "SECRETS_KEYS">, Promise<KeyRing>>();

/**
 * The keys of the configuration, the first of which seals. Without any it is a key of the database's own, made once
 * for all processes: whoever has the whole database can then read what it seals. That key goes on opening what it
 * has sealed when the configuration names others.
 */
export function readKeyRing({
  database,
  environment,
}: Pick<Services, "database" | "environment">): Promise<KeyRing> {
  const known = rings.get(environment);
  if (known) return known;
  const reading = makeRing(database, environment.SECRETS_KEYS);
  rings.set(environment, reading);
  reading.catch(() => rings.delete(environment));
  return reading;
}

async function makeRing(database: Database, configured: readonly SecretKey[]): Promise<KeyRing> {
  const [first] = configured;
  const own = await readOwnKey(database, { isMade: first === undefined });
  const keys = [...configured, ...(own ? [{ id: DATABASE_KEY_ID, key: own }] : [])];
  const current = first ?? keys[0];
  if (!current) throw new Error("A key that was just made is gone");
  return { current, keys: new Map(keys.map(({ id, key }) => [id, key])) };
}

async function readOwnKey(
  { sql }: Database,
  { isMade }: { isMade: boolean },
): Promise<Buffer | null> {
  if (isMade) {
    const made = randomBytes(SECRET_KEY_BYTES);
    await sql`
      insert into server_keys (name, key) values (${NAME}, ${made}) on conflict do nothing`;
  }
  const [row] = await sql<{ key: Buffer }[]>`select key from server_keys where name = ${NAME}`;
  return row ? Buffer.from(row.key) : null;
}
