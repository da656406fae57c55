import { createHash } from "node:crypto";
import { isAppError } from "#lib/errors.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { retryPassing } from "#server/items/retry-passing.ts";
import { log } from "#server/log.ts";
import { advance, type AppendPosition, otherWriter } from "./append-position.ts";
import type { PutOptions } from "./blob-store.ts";
import { createByteBudget, createShare } from "./byte-budget.ts";
import { gatherParts } from "./gather-parts.ts";
import type { Piece } from "./gather-pieces.ts";
import { createSegmentKey } from "./segment-key.ts";
import type { BlobServices } from "./write-blob.ts";

/** Of one row: a larger one would be many times its size in memory on its way to the database. */
const TAIL_ROW_BYTES = 1024 * 1024;
/** A smaller row at the end takes what comes next, so that a trickle does not become a row for each flush. */
const TAIL_ROW_FILLED_BYTES = 64 * 1024;

/** Bytes in rows that become segments at one time, in this process. */
const folding = createByteBudget(32 * 1024 * 1024);

export interface AppendedBlob {
  services: BlobServices;
  blobId: string;
  leaseMs: number;
  charge?: ((tx: TransactionSql, addedBytes: number) => Promise<void>) | undefined;
}

/** Bytes of a blob that are in the store, and that no row knows of yet. */
export interface PutSegment {
  key: string;
  bytes: number;
}

/** In their order. */
export interface PutSegments {
  segments: readonly PutSegment[];
  /** Hex, of the first, where it is known. */
  sha256: string | null;
  /** Told the offset behind the last durable byte, after every transaction. */
  onStored?: ((offset: number) => void) | undefined;
}

interface SegmentBytes {
  /** Behind all rows. */
  piece?: Piece;
  onChunk?: (chunk: Uint8Array) => void;
  onTaken?: PutOptions["onTaken"];
}

/** Puts all rows, and a piece behind them, into the store as one segment. */
export async function putSegment(
  blob: AppendedBlob,
  from: AppendPosition,
  { piece, onChunk, onTaken }: SegmentBytes,
): Promise<PutSegment> {
  const key = createSegmentKey(blob.blobId, from.segmentCount);
  const source = async function* () {
    for await (const data of readTail(blob, from)) {
      onChunk?.(data);
      yield data;
    }
    if (piece) yield* piece.chunks;
  };
  const room = createShare(folding);
  if (from.tailBytes > 0) await room.wait(from.tailBytes);
  const { bytes } = await blob.services.blobs
    .put(key, source(), { byteLength: from.tailBytes + (piece?.bytes ?? 0), onTaken })
    .finally(room.giveAll);
  return { key, bytes };
}

/**
 * Makes segments that were put part of the blob, in place of the rows that are in the first; tried again for passing
 * reasons. Where there is no room for all, those become part of it that fit. Where it is sure that one is not, it is
 * taken out of the store again.
 */
export async function commitSegments(
  blob: AppendedBlob,
  from: AppendPosition,
  put: PutSegments,
): Promise<AppendPosition> {
  const { segments, sha256, onStored } = put;
  const { services, blobId, leaseMs, charge } = blob;
  const end = segments.reduce((at, { bytes }) => afterSegment(at, bytes), from);
  const addedBytes = end.bytes - from.bytes;
  let isRetry = false;
  const commit = () =>
    services.database.sql.begin(async (tx) => {
      if (isRetry && (await isCommitted(tx, segments[0]!))) return;
      await charge?.(tx, addedBytes);
      await advance(tx, blobId, { from, addedBytes, leaseMs });
      await replaceTail(tx, blob, { n: from.segmentCount, segments, sha256 });
    });
  try {
    await retryPassing((attempt) => {
      isRetry = attempt.isRetry;
      return commit();
    }, undefined);
  } catch (error) {
    // Anything else, and an attempt before, may have been committed nevertheless: the sweeper will know.
    const isRefused = isAppError(error) && !isRetry;
    if (isRefused && error.code === "too_large" && segments.length > 1)
      return commitFirst(blob, from, put);
    if (isRefused) await discardSegments(services, segments);
    throw error;
  }
  onStored?.(end.bytes);
  return end;
}

/** The first alone, then the others as they fit. */
async function commitFirst(
  blob: AppendedBlob,
  from: AppendPosition,
  { segments: [first, ...rest], sha256, onStored }: PutSegments,
): Promise<AppendPosition> {
  let at: AppendPosition;
  try {
    at = await commitSegments(blob, from, { segments: [first!], sha256, onStored });
  } catch (error) {
    await discardSegments(blob.services, rest);
    throw error;
  }
  return commitSegments(blob, at, { segments: rest, sha256: null, onStored });
}

/** An attempt whose answer was lost may have come through. */
async function isCommitted(tx: TransactionSql, { key }: PutSegment): Promise<boolean> {
  const rows = await tx`select from blob_segments where key = ${key}`;
  return rows.length > 0;
}

/** Removes segments that no row knows of. Never throws: why they are not needed is what the writer is to hear. */
export async function discardSegments(
  { blobs }: BlobServices,
  segments: readonly PutSegment[],
): Promise<void> {
  const keys = segments.map(({ key }) => key);
  try {
    await blobs.delete(keys);
  } catch (error) {
    log.warn({ err: error, keys }, "unused segments are left to the sweeper");
  }
}

/** Where a blob ends behind a segment that holds all that was in rows. */
export const afterSegment = (from: AppendPosition, segmentBytes: number): AppendPosition => ({
  bytes: from.bytes - from.tailBytes + segmentBytes,
  tailBytes: 0,
  segmentCount: from.segmentCount + 1,
});

/** Makes one segment of all rows: first in the store, then in one transaction. */
export async function fold(blob: AppendedBlob, from: AppendPosition): Promise<AppendPosition> {
  const hash = createHash("sha256");
  const put = await putSegment(blob, from, { onChunk: (chunk) => hash.update(chunk) });
  return commitSegments(blob, from, { segments: [put], sha256: hash.digest("hex") });
}

interface NewSegments extends PutSegments {
  /** Of the first. */
  n: number;
}

/** The blob's row is locked. Throws `conflict` when another writer has folded the same rows. */
async function replaceTail(
  tx: TransactionSql,
  { blobId }: AppendedBlob,
  { n, segments, sha256 }: NewSegments,
): Promise<void> {
  const keys = segments.map(({ key }) => key);
  const sizes = segments.map(({ bytes }) => bytes);
  const { count } = await tx`
    insert into blob_segments (blob_id, n, key, bytes, sha256)
    select ${blobId}::uuid, ${n}::int + i - 1, key, bytes, case when i = 1 then ${sha256}::text end
    from unnest(${keys}::text[], ${sizes}::bigint[]) with ordinality as put (key, bytes, i)
    where (select count(*) from blob_segments where blob_id = ${blobId}) = ${n}`;
  if (count !== segments.length) throw otherWriter(blobId);
  await tx`delete from blob_tail where blob_id = ${blobId}`;
}

/** A row or two at a time. Throws `conflict` when another writer has folded them meanwhile. */
async function* readTail(
  { services: { database }, blobId }: AppendedBlob,
  { bytes: end, tailBytes }: AppendPosition,
): AsyncGenerator<Uint8Array> {
  for (let start = end - tailBytes; start < end;) {
    const rows: { data: Uint8Array }[] = await database.sql`
      select data from blob_tail
      where blob_id = ${blobId} and start >= ${start} and start < ${start + TAIL_ROW_BYTES}
      order by start`;
    if (rows.length === 0) throw otherWriter(blobId);
    for (const { data } of rows) {
      start += data.byteLength;
      yield data;
    }
  }
}

/** Stores a piece in rows. */
export async function keep(
  { services: { database }, blobId, leaseMs, charge }: AppendedBlob,
  from: AppendPosition,
  piece: Piece,
): Promise<AppendPosition> {
  await database.sql.begin(async (tx) => {
    await charge?.(tx, piece.bytes);
    await advance(tx, blobId, { from, addedBytes: piece.bytes, leaseMs });
    let start = from.bytes;
    for await (const row of gatherParts(piece.chunks, { partBytes: TAIL_ROW_BYTES })) {
      const data = Buffer.concat(row.chunks, row.bytes);
      if (start > from.bytes || !(await extendLastRow(tx, blobId, data)))
        await tx`insert into blob_tail (blob_id, start, data) values (${blobId}, ${start}, ${data})`;
      start += row.bytes;
    }
  });
  return { ...from, bytes: from.bytes + piece.bytes, tailBytes: from.tailBytes + piece.bytes };
}

async function extendLastRow(tx: TransactionSql, blobId: string, data: Buffer): Promise<boolean> {
  const { count } = await tx`
    update blob_tail set data = data || ${data}::bytea
    where blob_id = ${blobId} and octet_length(data) < ${TAIL_ROW_FILLED_BYTES}
      and start = (select max(start) from blob_tail where blob_id = ${blobId})`;
  return count === 1;
}
