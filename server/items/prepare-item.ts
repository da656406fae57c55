import { isUtf8 } from "node:buffer";
import { hash } from "node:crypto";
import { isItemId } from "#lib/ids.ts";
import { OUTPUT_LINE_TYPE } from "#lib/export.ts";
import { INLINE_ITEM_MAX_BYTES, ITEM_MAX_BYTES, REFERENCE_THRESHOLD_BYTES } from "#lib/limits.ts";
import { findEmbeddedFiles, type FoundFile } from "./find-embedded-files.ts";
import type { ItemInput, RefusedInput } from "./item-input.ts";
import { readItemHead } from "./item-head.ts";
import { readMessageFacts, type MessageFacts } from "./read-item-facts.ts";
import { type OutputLine, readOutputLine } from "./read-output-line.ts";
import { readSessionFacts, saysOfSession, type SessionFacts } from "./read-session-facts.ts";

/** Key of an item within its session, in memory only: the parts hold no NUL. */
export const identityOf = (item: Pick<ItemInput, "type" | "messageId" | "partId">) =>
  `${item.type}\0${item.messageId}\0${item.partId}`;

/** An item that may be written, measured and hashed. */
export interface PreparedItem {
  kind: "prepared";
  /** Its place in the write or upload that brings it: the second half of its version. */
  index: number;
  type: string;
  messageId: string;
  partId: string;
  /** The three of them as one key, see `identityOf`. */
  identity: string;
  deleted: boolean;
  /** The body when it goes into the row. */
  text: string | null;
  /** The body when it goes to a blob. */
  large: Buffer | null;
  /** What lies in the body and becomes blobs of its own; of a body that goes to a blob, and otherwise nothing. */
  files: readonly FoundFile[];
  /** Of a line of an export that brings an output; null for everything else. */
  line: OutputLine | null;
  envelope: string | null;
  /** See `readItemHead`. */
  head: string | null;
  /** UTF-8 bytes of the body. */
  byteSize: number;
  /** Hex, of the body; of nothing when deleted. */
  sha256: string;
  /** Hex; null without envelope. */
  envelopeSha256: string | null;
  /** Of a `message` that is not deleted. */
  message: MessageFacts | null;
  /** What the item says of its session; null for those that say nothing. */
  session: SessionFacts | null;
}

/** An item that is not written; what is left of its head is fit for columns. */
export interface RefusedItem {
  kind: "refused";
  index: number;
  /** Safe to show. */
  reason: string;
  byteSize: number;
  type: string | null;
  messageId: string | null;
  partId: string | null;
}

export type BatchEntry = PreparedItem | RefusedItem;

/** Judges one item, without a database. Never throws for what an item may contain. */
export function prepareItem(input: ItemInput | RefusedInput, index: number): BatchEntry {
  if ("refused" in input) return refuseItem({ ...input, index }, input.refused);
  const { type, messageId, partId, deleted = false } = input;
  const envelope = input.envelope ?? null;
  const body = deleted ? "" : input.body;
  const byteSize = typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
  const refuse = (reason: string) => refuseItem({ ...input, index, byteSize }, reason);

  const reason = findFault({ type, messageId, partId, deleted, body, byteSize, envelope });
  if (reason !== null) return refuse(reason);

  const bytes = toBuffer(body);
  // The bytes of a line that tells of an output are one again, however few.
  const isLine = type === OUTPUT_LINE_TYPE && messageId === "";
  const found = findEmbeddedFiles(bytes, isLine ? 1 : undefined);
  const files = found.filter((file) => file.bytes >= REFERENCE_THRESHOLD_BYTES);
  const isLarge = byteSize > INLINE_ITEM_MAX_BYTES || files.length > 0;
  return {
    kind: "prepared",
    index,
    type,
    messageId,
    partId,
    identity: identityOf(input),
    deleted,
    text: deleted || isLarge ? null : typeof body === "string" ? body : bytes.toString("utf8"),
    large: isLarge ? bytes : null,
    files,
    line: isLine ? readOutputLine(bytes, found) : null,
    envelope,
    head: readItemHead(bytes),
    byteSize,
    sha256: hashOf(bytes),
    envelopeSha256: envelope === null ? null : hashOf(envelope),
    message: !deleted && type === "message" ? readMessageFacts(bytes) : null,
    session: saysOfSession(input) ? readSessionFacts(type, bytes) : null,
  };
}

/** The refusal of an item whose ids may be anything. */
export function refuseItem(
  item: Pick<RefusedItem, "index" | "byteSize" | "type" | "messageId" | "partId">,
  reason: string,
): RefusedItem {
  const { index, byteSize, type, messageId, partId } = item;
  const head = (id: string | null) => (id !== null && isStorableId(id) ? id : null);
  return {
    kind: "refused",
    index,
    reason,
    byteSize,
    type: head(type),
    messageId: head(messageId),
    partId: head(partId),
  };
}

interface Candidate {
  type: string;
  messageId: string;
  partId: string;
  deleted: boolean;
  body: string | Uint8Array;
  byteSize: number;
  envelope: string | null;
}

/** Why an item cannot be stored, safe to show; null when it can. */
function findFault({
  type,
  messageId,
  partId,
  deleted,
  body,
  byteSize,
  envelope,
}: Candidate): string | null {
  if (!isStorableId(type)) return "The type of the item is missing or malformed";
  const needsMessageId = type === "message" || type === "part";
  if (needsMessageId ? !isStorableId(messageId) : !isStorableOrEmpty(messageId))
    return "The message id is missing or malformed";
  if (type === "part" ? !isStorableId(partId) : !isStorableOrEmpty(partId))
    return "The part id is missing or malformed";
  if (type === "message" && partId !== "") return "A message has no part id";
  const envelopeBytes = envelope === null ? 0 : Buffer.byteLength(envelope);
  if (byteSize + envelopeBytes > ITEM_MAX_BYTES)
    return `The item is larger than ${ITEM_MAX_BYTES} bytes`;
  if (envelopeBytes > INLINE_ITEM_MAX_BYTES) return "What surrounds the item is too large";
  if (envelope !== null && !isStorableText(envelope))
    return "What surrounds the item is not valid text";
  if (deleted) return null;
  if (byteSize === 0) return "The item is empty";
  return isStorableText(body) ? null : "The item is not valid UTF-8, or holds a NUL byte";
}

const isStorableId = (id: string) => isItemId(id) && !/\p{Surrogate}/u.test(id);
const isStorableOrEmpty = (id: string) => id === "" || isStorableId(id);

/** JSON text escapes both: a raw NUL or half of a surrogate pair is damage, and Postgres cannot hold it. */
function isStorableText(text: string | Uint8Array): boolean {
  if (typeof text === "string") return !text.includes("\0") && !/\p{Surrogate}/u.test(text);
  return isUtf8(text) && !text.includes(0);
}

function toBuffer(body: string | Uint8Array): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return typeof body === "string"
    ? Buffer.from(body)
    : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

const hashOf = (content: string | Uint8Array) => hash("sha256", content, "hex");
