import { STREAM_CHUNK_MAX_BYTES } from "#lib/limits.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import { isJson } from "./content-type.ts";
import type { StreamedOutput } from "./find-stream.ts";
import { MESSAGE_END } from "./split-messages.ts";
import { readShortRange, readStreamBytes, type StreamRange } from "./stream-bytes.ts";

const COMMA = 0x2c;
const WINDOW_BYTES = 64 * 1024;

interface Stored {
  streamId: string;
  contentType: string;
  tail: number;
  output: StreamedOutput | null;
}

/** Where a chunk that begins at `from` ends: at most `maxBytes` further, but for a JSON message, which is never cut. */
export async function findChunkEnd(
  services: BlobServices,
  { streamId, contentType, tail }: Stored,
  { from, maxBytes = STREAM_CHUNK_MAX_BYTES }: { from: number; maxBytes?: number },
): Promise<number> {
  if (tail - from <= maxBytes) return tail;
  const end = from + maxBytes;
  if (!isJson(contentType)) return end;
  return (
    (await findLastMessageEnd(services, { streamId, from, to: end })) ??
    (await findMessageEnd(services, { streamId, from: end, to: tail })) ??
    tail
  );
}

/** Offset behind the last message that ends in the range; null for none. */
async function findLastMessageEnd(
  services: BlobServices,
  { streamId, from, to }: StreamRange,
): Promise<number | null> {
  for (let end = to; end > from; end -= WINDOW_BYTES) {
    const start = Math.max(from, end - WINDOW_BYTES);
    const window = await readShortRange(services, { streamId, from: start, to: end });
    const at = window.lastIndexOf(MESSAGE_END);
    if (at !== -1) return start + at + 1;
  }
  return null;
}

/** Offset behind the `count`th message that ends in the range, null when there are fewer. Reads on only so far. */
export async function findMessageEnd(
  services: BlobServices,
  range: StreamRange,
  count = 1,
): Promise<number | null> {
  let position = range.from;
  let left = count;
  for await (const chunk of readStreamBytes(services, range)) {
    for (let at = chunk.indexOf(MESSAGE_END); at !== -1; at = chunk.indexOf(MESSAGE_END, at + 1)) {
      left -= 1;
      if (left === 0) return position + at + 1;
    }
    position += chunk.byteLength;
  }
  return null;
}

/** Whether a reader of JSON may begin here: where a message begins, or where the next one will. */
export async function isMessageStart(
  services: BlobServices,
  { streamId, tail }: Stored,
  offset: number,
): Promise<boolean> {
  if (offset === 0 || offset === tail) return true;
  const before = await readShortRange(services, { streamId, from: offset - 1, to: offset });
  return before[0] === MESSAGE_END;
}

/** A chunk as it is sent: bytes as they are, messages as a JSON array. `from` and `to` are starts of messages. */
export async function* readChunk(
  services: BlobServices,
  { streamId, contentType, output }: Stored,
  { from, to }: { from: number; to: number },
): AsyncGenerator<Uint8Array> {
  const source = readStreamBytes(services, { streamId, from, to, isReplaced: output?.isReplaced });
  if (!isJson(contentType)) return yield* source;
  yield Buffer.from("[");
  let position = from;
  for await (const stored of source) {
    position += stored.byteLength;
    const isLast = position === to;
    // Rows and segments may be shared with other readers.
    const chunk = Buffer.from(isLast ? stored.subarray(0, -1) : stored);
    for (let at = chunk.indexOf(MESSAGE_END); at !== -1; at = chunk.indexOf(MESSAGE_END, at + 1))
      chunk[at] = COMMA;
    yield chunk;
  }
  yield Buffer.from("]");
}

/** Of what `readChunk` yields. */
export const chunkLength = (contentType: string, { from, to }: { from: number; to: number }) =>
  isJson(contentType) ? Math.max(2, to - from + 1) : to - from;
