import { SECRET_KEY_BYTES } from "#lib/limits.ts";

/** A key of AES-256 and what rows call it. */
export interface SecretKey {
  id: string;
  key: Buffer;
}

/** What the key of the database is called, see `readKeyRing`. */
export const DATABASE_KEY_ID = "database";

const ENTRY = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9+/]+={0,2})$/;

/** Reads `id:base64,id:base64`; the message of a refusal never repeats a key. */
export function parseSecretKeys(text: string): SecretKey[] {
  const keys = text.split(",").map((entry, index) => parseKey(entry.trim(), index + 1));
  const ids = new Set(keys.map(({ id }) => id));
  if (ids.size < keys.length) throw new Error("must not name two keys alike");
  if (ids.has(DATABASE_KEY_ID)) throw new Error(`must not call a key "${DATABASE_KEY_ID}"`);
  return keys;
}

function parseKey(entry: string, position: number): SecretKey {
  const [, id = "", encoded = ""] = ENTRY.exec(entry) ?? [];
  const key = Buffer.from(encoded, "base64");
  if (key.length !== SECRET_KEY_BYTES) {
    throw new Error(
      `must be id:key pairs with commas between them; key ${position} is not ${SECRET_KEY_BYTES} bytes in base64`,
    );
  }
  return { id, key };
}
