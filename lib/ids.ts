const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const COUNTER_SIZE = 128;
const MAX_FOREIGN_ID_BYTES = 256;

let lastMs = 0;
let counter = 0;

/**
 * 26 characters that sort by the time they were made: 12 hex digits (41 bits of milliseconds, 7 of a counter,
 * good until 2039) and 14 random base62 digits. More than 128 ids in one millisecond borrow from the next one.
 */
function sortableSuffix(): string {
  const nowMs = Date.now();
  if (nowMs > lastMs) {
    lastMs = nowMs;
    counter = 0;
  } else {
    counter += 1;
    if (counter === COUNTER_SIZE) {
      lastMs += 1;
      counter = 0;
    }
  }
  const time = (lastMs * COUNTER_SIZE + counter).toString(16).padStart(12, "0");
  return time + randomBase62(14);
}

/** Random bytes for many ids at once: asking for a few costs as much as asking for all of these. */
const pool = new Uint8Array(1_024);
let poolPosition = pool.length;

function randomByte(): number {
  if (poolPosition === pool.length) {
    crypto.getRandomValues(pool);
    poolPosition = 0;
  }
  return pool[poolPosition++] ?? 0;
}

function randomBase62(length: number): string {
  let text = "";
  while (text.length < length) {
    const byte = randomByte();
    // 248 is the largest multiple of 62 in a byte: larger values would favour the first digits.
    if (byte < 248) text += BASE62[byte % 62];
  }
  return text;
}

/** `ses_` and 26 characters; the one id of a session in URLs, rows, blobs, folders and agents. */
export const createSessionId = () => `ses_${sortableSuffix()}`;
/** `msg_` and 26 characters, ascending in time. */
export const createMessageId = () => `msg_${sortableSuffix()}`;
/** `prt_` and 26 characters, ascending in time. */
export const createPartId = () => `prt_${sortableSuffix()}`;
/** `exe_` and 26 characters: one run of the agent. */
export const createExecutionId = () => `exe_${sortableSuffix()}`;
/** `upl_` and 26 characters: a payload on its way into a session. */
export const createUploadId = () => `upl_${sortableSuffix()}`;
/** `tok_` and 26 characters: names an API token, and is no secret. */
export const createTokenId = () => `tok_${sortableSuffix()}`;
/** `shr_` and 26 characters: names a share, and opens nothing. */
export const createShareId = () => `shr_${sortableSuffix()}`;
/** `out_` and 26 characters: an output, ascending in time. */
export const createOutputId = () => `out_${sortableSuffix()}`;

/** `att_` and 26 characters: a file for prompts. */
export const createAttachmentId = () => `att_${sortableSuffix()}`;
/** `str_` and 26 characters: a stream, however often its path is used. */
export const createStreamId = () => `str_${sortableSuffix()}`;
/** `req_` and 26 characters: something that an agent asked and waits for, ascending in time. */
export const createRequestId = () => `req_${sortableSuffix()}`;
/** `bat_` and 26 characters: a batch of sessions. */
export const createBatchId = () => `bat_${sortableSuffix()}`;

/** `psh_` and 26 characters: one push to a branch, ascending in time. */
export const createPushId = () => `psh_${sortableSuffix()}`;
const PUSH_ID = /^psh_[0-9a-f]{12}[0-9A-Za-z]{14}$/;

export const isPushId = (text: string) => PUSH_ID.test(text);

/** `pro_` and 26 characters: names a profile. */
export const createProfileId = () => `pro_${sortableSuffix()}`;

const SESSION_ID = /^ses_[0-9a-f]{12}[0-9A-Za-z]{14}$/;
const MESSAGE_ID = /^msg_[0-9a-f]{12}[0-9A-Za-z]{14}$/;

/** True for ids of our own pattern, the only ones that a client may create. */
export const isSessionId = (text: string) => SESSION_ID.test(text);
const UPLOAD_ID = /^upl_[0-9a-f]{12}[0-9A-Za-z]{14}$/;

export const isUploadId = (text: string) => UPLOAD_ID.test(text);
const SHARE_ID = /^shr_[0-9a-f]{12}[0-9A-Za-z]{14}$/;

export const isShareId = (text: string) => SHARE_ID.test(text);
const OUTPUT_ID = /^out_[0-9a-f]{12}[0-9A-Za-z]{14}$/;

export const isOutputId = (text: string) => OUTPUT_ID.test(text);
const BATCH_ID = /^bat_[0-9a-f]{12}[0-9A-Za-z]{14}$/;

export const isBatchId = (text: string) => BATCH_ID.test(text);
const ATTACHMENT_ID = /^att_[0-9a-f]{12}[0-9A-Za-z]{14}$/;

export const isAttachmentId = (text: string) => ATTACHMENT_ID.test(text);
/** True for message ids of our own pattern, the only ones that a client may create. */
export const isMessageId = (text: string) => MESSAGE_ID.test(text);

/** True for an id that an agent or an import may bring: 1 to 256 UTF-8 bytes, no `/`, no NUL. */
export function isItemId(text: string): boolean {
  if (text.length === 0 || text.includes("/") || text.includes("\0")) return false;
  // No UTF-16 unit takes more than three bytes: nearly every id need not be counted.
  if (3 * text.length <= MAX_FOREIGN_ID_BYTES) return true;
  return new TextEncoder().encode(text).byteLength <= MAX_FOREIGN_ID_BYTES;
}
