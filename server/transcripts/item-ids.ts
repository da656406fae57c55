import { createHash } from "node:crypto";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const COUNTER_SIZE = 128;
const HASH_CHARACTERS = 14;
const SLOT_DIGITS = 6;

/**
 * `msg_` and 26 characters like those that we make, so that they sort by time, but out of what the record is called where
 * it comes from: the same record has the same id however often it is read.
 */
export function messageIdOf(source: string, key: string, timeMs: number): string {
  const time = (timeMs * COUNTER_SIZE).toString(16).padStart(12, "0").slice(-12);
  return `msg_${time}${digest(`${source}\0${key}`)}`;
}

/** `prt_` and 26 characters that sort within their message by `slot`. */
export function partIdOf(messageId: string, slot: number): string {
  const bare = messageId.slice("msg_".length);
  const place = slot.toString(36).padStart(SLOT_DIGITS, "0");
  return `prt_${bare.slice(0, 12)}${place}${bare.slice(-(HASH_CHARACTERS - SLOT_DIGITS))}`;
}

function digest(text: string): string {
  const bytes = createHash("sha256").update(text).digest().subarray(0, HASH_CHARACTERS);
  return Array.from(bytes, (byte) => BASE62[byte % BASE62.length]).join("");
}
