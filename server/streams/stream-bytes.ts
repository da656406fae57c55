import type { Readable } from "node:stream";
import { openOutputBytes, openOutputRange } from "#server/outputs/open-output-bytes.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { createAppendBlob } from "#server/blobs/append-blob.ts";
import { appendRows } from "#server/blobs/append-rows.ts";
import type { ByteRange } from "#server/blobs/blob-store.ts";
import { openBlob } from "#server/blobs/open-blob.ts";
import { BLOB_LEASE_MS, type BlobServices } from "#server/blobs/write-blob.ts";
import { BLOB_SEGMENT_BYTES } from "#lib/limits.ts";
import { AppError } from "#lib/errors.ts";
import { isOutputId } from "#lib/ids.ts";
import { essenceOf } from "./content-type.ts";
import type { StreamRow } from "./find-stream.ts";
import { findOutputStream } from "./output-stream.ts";

/** Bytes on their way into a stream: few enough for a row, or stored as a blob already. */
export type NewBytes = { data: Uint8Array } | { blobId: string; bytes: number };

export const bytesOf = (added: NewBytes): number =>
  "data" in added ? added.data.byteLength : added.bytes;

type Target = Pick<StreamRow, "streamId" | "contentType" | "tail" | "openBlobId">;

/** What an append has made of a stream's end. */
export interface AppendedBytes {
  tail: number;
  openBlobId: string | null;
  /** A blob that takes no more bytes: to be folded into a segment after the commit. */
  sealedBlobId: string | null;
}

/**
 * Puts bytes behind a stream's last, in the caller's transaction, which holds the lock of the stream's row and writes
 * what comes back into it. They are durable with its commit and were never there without it.
 */
export async function appendBytes(
  tx: TransactionSql,
  stream: Target,
  added: NewBytes,
): Promise<AppendedBytes> {
  return "data" in added ? appendToOpenBlob(tx, stream, added.data) : attachBlob(tx, stream, added);
}

async function appendToOpenBlob(
  tx: TransactionSql,
  stream: Target,
  data: Uint8Array,
): Promise<AppendedBytes> {
  const blobId = stream.openBlobId ?? (await openNextBlob(tx, stream));
  const blobBytes = await appendRows(tx, blobId, data);
  const isFull = blobBytes >= BLOB_SEGMENT_BYTES;
  return {
    tail: stream.tail + data.byteLength,
    openBlobId: isFull ? null : blobId,
    sealedBlobId: isFull ? blobId : null,
  };
}

async function openNextBlob(tx: TransactionSql, stream: Target): Promise<string> {
  const blobId = await createAppendBlob(tx, {
    sessionId: stream.streamId,
    generation: 0,
    purpose: "stream",
    mime: essenceOf(stream.contentType),
  });
  await addPart(tx, stream, blobId);
  return blobId;
}

/** The blob must not have been swept: whoever refers to it renews its lease in the same transaction. */
async function attachBlob(
  tx: TransactionSql,
  stream: Target,
  { blobId, bytes }: { blobId: string; bytes: number },
): Promise<AppendedBytes> {
  const { count } = await tx`
    update blobs set lease_until = clock_timestamp() + ${BLOB_LEASE_MS} * interval '1 millisecond'
    where id = ${blobId} and state = 'complete'`;
  if (count !== 1) throw new AppError("gone", "The bytes were swept before they were appended");
  await addPart(tx, stream, blobId);
  return { tail: stream.tail + bytes, openBlobId: null, sealedBlobId: stream.openBlobId };
}

const addPart = (tx: TransactionSql, { streamId, tail }: Target, blobId: string) =>
  tx`insert into stream_parts (stream_id, start, blob_id) values (${streamId}, ${tail}, ${blobId})`;

/** Bytes of a stream; `to` is at most its tail. */
export interface StreamRange {
  streamId: string;
  from: number;
  to: number;
  /** Which value of an output. */
  isReplaced?: boolean | undefined;
}

interface Part {
  start: number;
  blobId: string;
  /** Its last bytes are in rows. */
  isOpen: boolean;
}

/** Rows come as they are asked for, not as they are taken: a slow reader must not hold many of them. */
const OPEN_STEP_BYTES = 256 * 1024;

/**
 * The bytes of a range, in chunks as they are stored. What is in a range never changes. Throws `gone` when they are
 * deleted meanwhile. Holds a chunk, and of what is in rows about a megabyte.
 */
export async function* readStreamBytes(
  services: BlobServices,
  range: StreamRange,
): AsyncGenerator<Uint8Array> {
  const { streamId, from, to } = range;
  if (from >= to) return;
  if (isOutputId(streamId)) return yield* readOutputBytes(services, range);
  const parts = await services.database.sql<Part[]>`
    select start::float8 as start, blob_id as "blobId", state = 'writing' as "isOpen"
    from stream_parts join blobs on blobs.id = blob_id
    where stream_id = ${streamId} and start < ${to} and start >= coalesce(
      (select max(start) from stream_parts where stream_id = ${streamId} and start <= ${from}), 0
    )
    order by start`;
  let position = from;
  for (const [index, part] of parts.entries()) {
    const end = Math.min(to, parts[index + 1]?.start ?? to);
    const stepBytes = part.isOpen ? OPEN_STEP_BYTES : Infinity;
    while (position < end) {
      const length = Math.min(end - position, stepBytes);
      const before = position;
      for await (const chunk of await openPart(services, part, { position, length })) {
        position += chunk.byteLength;
        yield chunk;
      }
      if (position === before) break;
    }
  }
  if (position < to) throw new AppError("gone", "The stream was deleted while it was read");
}

/** All that was asked for, of the value that was meant, or an error. */
async function* readOutputBytes(
  services: BlobServices,
  { streamId: outputId, from, to, isReplaced = false }: StreamRange,
): AsyncGenerator<Uint8Array> {
  const length = to - from;
  let left = length;
  const gone = () => new AppError("gone", "The output was replaced or deleted while it was read");
  const stream = await openWholeRange(services, outputId, { offset: from, length });
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    // What was opened is no later value than the one that is there now.
    if (left === length && !isReplaced) {
      const now = await findOutputStream(services.database.sql, outputId);
      if (now?.output?.isReplaced !== false) throw gone();
    }
    left -= chunk.byteLength;
    yield chunk;
  }
  if (left > 0) throw gone();
}

/** Few bytes move into their row at the end: between two looks of whoever opens them they are in neither place. */
async function openWholeRange(
  services: BlobServices,
  outputId: string,
  range: Required<ByteRange>,
): Promise<Readable> {
  const { stream, bytes } = await openOutputRange(services, { outputId }, range);
  if (bytes === range.length) return stream;
  stream.destroy();
  return openOutputBytes(services, { outputId }, range);
}

async function openPart(
  services: BlobServices,
  { start, blobId }: Part,
  { position, length }: { position: number; length: number },
): Promise<AsyncIterable<Uint8Array>> {
  const { stream } = await openBlob(services, blobId, { offset: position - start, length });
  return stream;
}

/** Reads that are under way: many readers of one stream want the same bytes at the same moment. */
const underWay = new WeakMap<object, Map<string, Promise<Buffer>>>();

/** The bytes of a short range at once. Whoever asks for the same while they are read gets the same. */
export function readShortRange(services: BlobServices, range: StreamRange): Promise<Buffer> {
  let reads = underWay.get(services.database);
  if (!reads) underWay.set(services.database, (reads = new Map()));
  const key = `${range.streamId} ${range.from} ${range.to}`;
  const known = reads.get(key);
  if (known) return known;
  const read = collect(readStreamBytes(services, range)).finally(() => reads.delete(key));
  reads.set(key, read);
  return read;
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
