import { isItemId } from "#lib/ids.ts";
import type { HeldBytes } from "./held-bytes.ts";

const BACKSLASH = 0x5c;
const SLASH = 0x2f;
const ID_MAX_BYTES = 256;
/** A longer string is no id, however its characters are escaped. */
export const ID_TOKEN_MAX_BYTES = 6 * ID_MAX_BYTES + 2;

/** A member that was looked for: its text, undefined when it is absent, null when it is not fit for an id. */
export type FoundId = string | null | undefined;

export interface Identity {
  messageId: string;
  partId: string;
}

/** One of its kind in a session: what it has as `id` is the session's, or nothing. */
const singletons = new Set([
  "session",
  "session_diff",
  "session_open",
  "session_close",
  "session_status",
  "session_pr_link",
  "model",
  "kilo_meta",
]);

/** Reads ids out of JSON strings. Neighbours often have the same one: its text is made once. */
export class IdReader {
  readonly #last = new Uint8Array(ID_TOKEN_MAX_BYTES);
  #lastLength = 0;
  #id: FoundId;

  /** The string with its quotes that stands between two positions of the stream, and was begun in `token`. */
  read(token: HeldBytes, from: number, to: number): string | null {
    const start = token.find(from, to);
    const length = to - from;
    if (start === -1 || length > ID_TOKEN_MAX_BYTES) return null;
    const { bytes } = token;
    if (this.#id != null && this.#isLast(bytes, start, length)) return this.#id;
    const end = start + length;
    let isPlain = true;
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at]!;
      this.#last[at - start] = byte;
      if (byte === BACKSLASH || byte === SLASH) isPlain = false;
    }
    this.#lastLength = length;
    if (!isPlain) this.#id = parseId(bytes.toString("utf8", start, end));
    else {
      const isFit = length > 2 && length <= ID_MAX_BYTES + 2;
      this.#id = isFit ? bytes.toString("utf8", start + 1, end - 1) : null;
    }
    return this.#id;
  }

  #isLast(bytes: Uint8Array, start: number, length: number): boolean {
    if (length !== this.#lastLength) return false;
    // Ids of neighbours differ at their ends.
    for (let at = length - 1; at >= 0; at -= 1)
      if (bytes[start + at] !== this.#last[at]) return false;
    return true;
  }
}

/** Null for what may not be an id: see `isItemId`; and half of a surrogate pair, which no column holds. */
function parseId(token: string): string | null {
  const id = JSON.parse(token) as string;
  return isFit(id) ? id : null;
}

const isFit = (id: string) => isItemId(id) && !/\p{Surrogate}/u.test(id);

/**
 * The identity of an item, or why it has none, safe to show. Of a type that we do not know there may be any number in a
 * session: with neither `id` nor `messageID` each would replace the one before it.
 */
export function findIdentity(type: string, id: FoundId, messageId: FoundId): Identity | string {
  if (type === "message")
    return id == null ? faultOf("message", "id", id) : { messageId: id, partId: "" };
  if (type === "part") {
    if (messageId == null) return faultOf("part", "messageID", messageId);
    return id == null ? faultOf("part", "id", id) : { messageId, partId: id };
  }
  if (singletons.has(type)) return { messageId: "", partId: "" };
  if (id === null || (id === undefined && messageId === undefined))
    return faultOf("item", "id", id);
  if (messageId === null) return faultOf("item", "messageID", messageId);
  return { messageId: messageId ?? "", partId: id ?? "" };
}

/**
 * True for an item that names itself nowhere in its body: of a type that we do not know, which may have its ids beside
 * its `data`.
 */
export const isNamedOutside = (type: string, id: FoundId, messageId: FoundId) =>
  id === undefined &&
  messageId === undefined &&
  type !== "message" &&
  type !== "part" &&
  !singletons.has(type);

/** Like `findIdentity`, of an item whose ids are in its envelope, a JSON object. */
export function findOuterIdentity(type: string, envelope: string): Identity | string {
  const members = JSON.parse(envelope) as Record<string, unknown>;
  return findIdentity(type, toFoundId(members["id"]), toFoundId(members["messageID"]));
}

/** The identity that an export wrote beside an item. */
export function toIdentity(
  type: string,
  [messageId, partId]: readonly [string, string],
): Identity | string {
  if (type === "message") return findIdentity(type, toFoundId(messageId), undefined);
  if (type === "part") return findIdentity(type, toFoundId(partId), toFoundId(messageId));
  const isStorable = [messageId, partId].every((id) => id === "" || isFit(id));
  return isStorable ? { messageId, partId } : faultOf("item", "id", null);
}

function toFoundId(value: unknown): FoundId {
  if (value === undefined) return undefined;
  return typeof value === "string" && isFit(value) ? value : null;
}

const faultOf = (what: string, name: string, id: null | undefined) =>
  id === undefined
    ? `The ${what} has no \`${name}\``
    : `The \`${name}\` of the ${what} is not an id: 1 to ${ID_MAX_BYTES} bytes of text without \`/\` and NUL`;
