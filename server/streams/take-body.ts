import { Readable } from "node:stream";
import { AppError, isAppError } from "#lib/errors.ts";
import {
  BLOB_SEGMENT_BYTES,
  STREAM_APPEND_MAX_BYTES,
  STREAM_HELD_MAX_BYTES,
  STREAM_JSON_APPEND_MAX_BYTES,
  STREAM_ROW_MAX_BYTES,
} from "#lib/limits.ts";
import { createByteBudget, createShare } from "#server/blobs/byte-budget.ts";
import { createChunkList } from "#server/blobs/chunk-list.ts";
import { discardBlobs } from "#server/blobs/delete-blobs.ts";
import { type BlobServices, writeBlob } from "#server/blobs/write-blob.ts";
import { essenceOf, isJson } from "./content-type.ts";
import { splitMessages } from "./split-messages.ts";
import type { NewBytes } from "./stream-bytes.ts";
import type { ReservedRoom } from "./reserve-room.ts";

/** Who holds a part of a body may wait for the rest of it while others do so: the first of them gets it in the end. */
const held = createByteBudget(STREAM_HELD_MAX_BYTES, { patienceMs: 2_000 });

/** A body as far as it is known before the stream is looked at. */
export interface TakenBody {
  /** The first bytes, until they are taken out; all of them where `rest` is null. */
  chunks: Uint8Array[];
  isEmpty: boolean;
  rest: AsyncIterator<Uint8Array> | null;
  isJson: boolean;
  /** Drops what is left of `chunks`, and gives back the room that they take. */
  release(): void;
}

/** Reads what fits into a row, and of JSON all. Throws `too_large` for more JSON than can be looked at. */
export async function takeBody(
  source: AsyncIterable<Uint8Array>,
  contentType: string | null,
): Promise<TakenBody> {
  const json = contentType !== null && isJson(contentType);
  const maxBytes = json ? STREAM_JSON_APPEND_MAX_BYTES : STREAM_ROW_MAX_BYTES;
  const room = createShare(held);
  const list = createChunkList();
  const iterator = source[Symbol.asyncIterator]();
  let isOver = false;
  try {
    while (!isOver && list.bytes <= maxBytes) {
      const next = await iterator.next();
      isOver = next.done === true;
      if (next.done) break;
      await room.wait(next.value.byteLength);
      list.add(next.value);
    }
    if (json && list.bytes > maxBytes) throw tooLarge(maxBytes);
  } catch (error) {
    room.giveAll();
    throw error;
  }
  const isEmpty = list.bytes === 0;
  const chunks = list.take();
  const release = () => {
    chunks.length = 0;
    room.giveAll();
  };
  return { chunks, isEmpty, rest: isOver ? null : iterator, isJson: json, release };
}

interface BodyOptions {
  contentType: string;
  room: ReservedRoom | null;
}

/**
 * The body as it is stored: what is too large for a row is a blob of its own, durable when this resolves, so that all of
 * it becomes part of the stream at once, or nothing; of one that does not come whole nothing stays. Null for an empty one.
 * Throws what `splitMessages` throws, and what `room` does.
 */
export async function storeBody(
  services: BlobServices,
  taken: TakenBody,
  options: BodyOptions,
): Promise<NewBytes | null> {
  if (taken.rest !== null) return storeBlob(services, limited(taken, options.room), options);
  if (taken.isEmpty) return null;
  const head = Buffer.concat(taken.chunks.splice(0));
  const data = taken.isJson ? splitMessages(head) : head;
  if (data.byteLength === 0) return null;
  if (data.byteLength <= STREAM_ROW_MAX_BYTES) return { data };
  return storeBlob(services, Readable.from([data]), options);
}

async function storeBlob(
  services: BlobServices,
  source: AsyncIterable<Uint8Array>,
  { contentType }: Pick<BodyOptions, "contentType">,
): Promise<NewBytes> {
  const { blobId, bytes } = await writeBlob(services, {
    // Whose it will be is not known to the blob: the stream may be made with it.
    sessionId: "",
    generation: 0,
    purpose: "stream",
    mime: essenceOf(contentType),
    source,
    segmentBytes: BLOB_SEGMENT_BYTES,
    isAllOrNothing: true,
  });
  return { blobId, bytes };
}

/**
 * The first bytes go as soon as the store has them, and their room is given back: a body may take hours to come. Whoever
 * takes these chunks holds the last one meanwhile.
 */
async function* limited(
  { chunks, rest, release }: TakenBody,
  room: ReservedRoom | null,
): AsyncGenerator<Uint8Array> {
  let bytes = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  await room?.cover(bytes);
  for (let chunk = chunks.shift(); chunk; chunk = chunks.shift()) yield chunk;
  release();
  for await (const value of { [Symbol.asyncIterator]: () => rest! }) {
    bytes += value.byteLength;
    if (bytes > STREAM_APPEND_MAX_BYTES) throw tooLarge(STREAM_APPEND_MAX_BYTES);
    await room?.cover(bytes);
    yield value;
  }
}

/** Removes what was stored and did not become part of a stream; what this cannot remove, the sweeper does. Never throws. */
export async function discardBytes(services: BlobServices, added: NewBytes | null): Promise<void> {
  if (added === null || "data" in added) return;
  await discardBlobs(services, [added.blobId]);
}

/**
 * What `committed` brings. Where it refuses in words of ours, before its commit, the bytes are discarded; whether
 * anything else was committed is not always known: then they are left, for the sweeper to decide.
 */
export async function discardWhenRefused<Result>(
  services: BlobServices,
  { added, committed }: { added: NewBytes | null; committed: Promise<Result> },
): Promise<Result> {
  try {
    return await committed;
  } catch (error) {
    const isRefusal =
      isAppError(error) && error.code !== "unavailable" && error.code !== "internal";
    if (isRefusal) await discardBytes(services, added);
    throw error;
  }
}

const tooLarge = (maxBytes: number) =>
  new AppError("too_large", `One append brings at most ${maxBytes} bytes here`, {
    details: { maxBytes },
  });
