import { AppError, isAppError } from "#lib/errors.ts";
import {
  BLOB_SEGMENT_BYTES,
  STREAM_APPEND_MAX_BYTES,
  STREAM_HELD_MAX_BYTES,
  STREAM_JSON_APPEND_MAX_BYTES,
  STREAM_ROW_MAX_BYTES,
} from "#lib/limits.ts";
import { createByteBudget, createShare } from "#server/blobs/byte-budget.ts";
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
  /** The first bytes; all of them where `rest` is null. */
  head: Uint8Array;
  rest: AsyncIterator<Uint8Array> | null;
  isJson: boolean;
  /** Gives back the room that `head` takes. */
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
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await iterator.next();
      if (done) break;
      await room.wait(value.byteLength);
      chunks.push(value);
      bytes += value.byteLength;
      if (bytes > maxBytes) {
        if (json) throw tooLarge(maxBytes);
        const head = Buffer.concat(chunks);
        return { head, rest: iterator, isJson: json, release: room.giveAll };
      }
    }
    return { head: Buffer.concat(chunks), rest: null, isJson: json, release: room.giveAll };
  } catch (error) {
    room.giveAll();
    throw error;
  }
}

/**
 * The body as it is stored: what is too large for a row is a blob of its own, durable when this resolves, so that all of
 * it becomes part of the stream at once, or nothing; of one that does not come whole nothing stays. Null for an empty one.
 * Throws what `splitMessages` throws, and what `room` does.
 */
export async function storeBody(
  services: BlobServices,
  { head, rest, isJson: json, release }: TakenBody,
  { contentType, room }: { contentType: string; room: ReservedRoom | null },
): Promise<NewBytes | null> {
  const data = json && head.byteLength > 0 ? splitMessages(head) : head;
  if (data.byteLength === 0) return null;
  if (rest === null && data.byteLength <= STREAM_ROW_MAX_BYTES) return { data };
  const { blobId, bytes } = await writeBlob(services, {
    // Whose it will be is not known to the blob: the stream may be made with it.
    sessionId: "",
    generation: 0,
    purpose: "stream",
    mime: essenceOf(contentType),
    source: limited({ head: data, rest, release }, room),
    segmentBytes: BLOB_SEGMENT_BYTES,
    isAllOrNothing: true,
  });
  return { blobId, bytes };
}

/** The room of the head is given back as soon as the store has it: a body may take hours to come. */
async function* limited(
  { head, rest, release }: Omit<TakenBody, "isJson">,
  room: ReservedRoom | null,
): AsyncGenerator<Uint8Array> {
  let bytes = head.byteLength;
  await room?.cover(bytes);
  yield head;
  release();
  if (rest === null) return;
  for await (const value of { [Symbol.asyncIterator]: () => rest }) {
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
