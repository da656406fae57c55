import { AppError } from "#lib/errors.ts";
import { UPLOAD_DEPTH_MAX } from "#lib/limits.ts";

const SAY_SO = "say so with `Content-Encoding`, by tus with `encoding` in `Upload-Metadata`";

const messages = {
  empty: "The document is empty",
  not_json: "The document is not JSON",
  packed_gzip: `The document is packed with gzip: ${SAY_SO}`,
  packed_zstd: `The document is packed with zstd: ${SAY_SO}`,
  byte_order_mark: "The document begins with a byte order mark; JSON has none",
  encoding: "The document is not encoded in UTF-8",
  truncated: "The document ends in the middle",
  trailing: "Something follows the end of the document",
  too_deep: `The document is nested deeper than ${UPLOAD_DEPTH_MAX} levels`,
  no_data: "The document has neither `data` nor `messages`, and its first line is no item",
  data_not_array: "`data` is not an array",
  data_twice: "The document has `data` twice",
  messages_not_array: "`messages` is not an array",
  messages_twice: "The document has `messages` twice",
  not_container: "The document is neither an object nor an array",
} as const;

export type DocumentFault = keyof typeof messages;

/** What makes a document unreadable from `offset` on; `index` is the number of elements before. */
export function createDocumentError(
  fault: DocumentFault,
  { offset, index }: { offset: number; index: number },
): AppError {
  const message = `${messages[fault]} (byte ${offset}, after ${index} items)`;
  return new AppError("invalid_input", message, { details: { offset, index, fault } });
}
