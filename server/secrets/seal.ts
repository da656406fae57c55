import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { AppError } from "#lib/errors.ts";
import type { KeyRing } from "./read-key-ring.ts";

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** As rows hold it: nonce, tag, and then the text, encrypted. */
export interface Sealed {
  keyId: string;
  sealed: Uint8Array;
}

/**
 * Encrypts a text by AES-256-GCM. `place` says whose it is and is authenticated with it: a value that somebody copies
 * into another row does not open there.
 */
export function seal({ current }: KeyRing, text: string, place: string): Sealed {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, current.key, nonce);
  cipher.setAAD(Buffer.from(place));
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return { keyId: current.id, sealed: Buffer.concat([nonce, cipher.getAuthTag(), body]) };
}

/** What `seal` was given; throws `unavailable` where the key is missing, or is not the one that sealed it. */
export function unseal({ keys }: KeyRing, { keyId, sealed }: Sealed, place: string): string {
  const key = keys.get(keyId);
  if (!key) {
    throw new AppError(
      "unavailable",
      `A secret was encrypted with the key "${keyId}", which this server does not have: add it to SECRETS_KEYS`,
      { details: { reason: "secret_key_missing", keyId } },
    );
  }
  try {
    const bytes = Buffer.from(sealed);
    const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES));
    decipher.setAAD(Buffer.from(place));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const body = bytes.subarray(NONCE_BYTES + TAG_BYTES);
    return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
  } catch (cause) {
    throw new AppError(
      "unavailable",
      `A secret cannot be read with the key "${keyId}": it was sealed with another one, or changed since`,
      { details: { reason: "secret_unreadable", keyId }, cause },
    );
  }
}

/** Of a secret of a profile. */
export const secretPlace = (profileId: string, name: string) => `profile\0${profileId}\0${name}`;
/** Of the token for a git server. */
export const credentialPlace = (teamId: string, host: string) => `git\0${teamId}\0${host}`;
/** Of the variables that a session was started with. */
export const environmentPlace = (sessionId: string) => `session\0${sessionId}`;
