import { isItemId } from "#lib/ids.ts";

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

/**
 * Reads ids out of JSON strings. Neighbours often have the same one: its text is made once.
 */
export class IdReader {
  #bytes = new Uint8Array(0);
  #id: FoundId;

  /** `token` is a valid JSON string with its quotes; null when it was too long to be held. */
  read(token: Uint8Array | null): string | null {
    if (token === null || token.length > ID_TOKEN_MAX_BYTES) return null;
    if (this.#id != null && equal(this.#bytes, token)) return this.#id;
    this.#id = readId(token);
    this.#bytes = token.slice();
    return this.#id;
  }
}

/** Null for what may not be an id: see `isItemId`; and half of a surrogate pair, which no column holds. */
function readId(token: Uint8Array): string | null {
  const text = Buffer.from(token.buffer, token.byteOffset, token.byteLength);
  if (!token.includes(BACKSLASH)) {
    const isFit = token.length > 2 && token.length <= ID_MAX_BYTES + 2 && !token.includes(SLASH);
    return isFit ? text.toString("utf8", 1, token.length - 1) : null;
  }
  const id = JSON.parse(text.toString("utf8")) as string;
  return isItemId(id) && !/\p{Surrogate}/u.test(id) ? id : null;
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  // Ids of neighbours differ at their ends.
  for (let at = left.length - 1; at >= 0; at -= 1) if (left[at] !== right[at]) return false;
  return true;
}

/** The identity of an item, or why it has none, safe to show. */
export function findIdentity(type: string, id: FoundId, messageId: FoundId): Identity | string {
  if (type === "message")
    return id == null ? faultOf("message", "id", id) : { messageId: id, partId: "" };
  if (type === "part") {
    if (messageId == null) return faultOf("part", "messageID", messageId);
    return id == null ? faultOf("part", "id", id) : { messageId, partId: id };
  }
  if (singletons.has(type)) return { messageId: "", partId: "" };
  if (id === null) return faultOf("item", "id", id);
  if (messageId === null) return faultOf("item", "messageID", messageId);
  return { messageId: messageId ?? "", partId: id ?? "" };
}

const faultOf = (what: string, name: string, id: null | undefined) =>
  id === undefined
    ? `The ${what} has no \`${name}\``
    : `The \`${name}\` of the ${what} is not an id: 1 to ${ID_MAX_BYTES} bytes of text without \`/\` and NUL`;
