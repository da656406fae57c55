import { BLOB_SEGMENT_BYTES } from "#lib/limits.ts";
import type { Sql, TransactionSql } from "#server/database/database.ts";
import { otherOffset, readOpenPosition } from "./append-position.ts";
import { type AppendedBlob, fold } from "./append-steps.ts";
import { createByteBudget } from "./byte-budget.ts";
import { gatherPieces, type Piece } from "./gather-pieces.ts";
import { createPieceWriter, type PieceWriter } from "./write-pieces.ts";
import { BLOB_LEASE_MS, type BlobServices, type NewBlob } from "./write-blob.ts";

/** Bytes that all appends of this process hold at one time; who finds no room does not read on. */
const held = createByteBudget(64 * 1024 * 1024);

/** Bytes of a slow source are durable after this. */
const HELD_MS = 5_000;

export type NewAppendBlob = Pick<
  NewBlob,
  "sessionId" | "generation" | "purpose" | "mime" | "name" | "leaseMs"
>;

/** Makes an empty blob that is appended to. It is swept when no byte comes for `leaseMs`. */
export async function createAppendBlob(
  sql: Sql | TransactionSql,
  { sessionId, generation, purpose, mime, name, leaseMs = BLOB_LEASE_MS }: NewAppendBlob,
): Promise<string> {
  const [row] = await sql<{ id: string }[]>`
    insert into blobs (session_id, generation, purpose, mode, mime, name, state, lease_until)
    values (
      ${sessionId}, ${generation}, ${purpose}, 'append', ${mime}, ${name ?? null}, 'writing',
      clock_timestamp() + ${leaseMs} * interval '1 millisecond'
    )
    returning id`;
  return row!.id;
}

export interface Appending {
  /** Where the writer believes the blob to end. */
  offset: number;
  source: AsyncIterable<Uint8Array>;
  /** From each stored byte on. */
  leaseMs?: number;
  segmentBytes?: number;
  /** How long bytes may be held before they are durable. */
  heldMs?: number;
  /**
   * Part of each step's transaction, before it locks the blob: what it throws ends the appending, and what it changes is
   * kept with the bytes or not at all.
   */
  charge?: (tx: TransactionSql, addedBytes: number) => Promise<void>;
  /** Told the offset behind the last durable byte, after every step. */
  onStored?: (offset: number) => void;
}

/**
 * Appends a stream and returns the offset behind its last byte, all durable: whole segments in the store, the rest in
 * rows. Where `source` fails, what came before is durable too and the error comes through. Nothing is locked between
 * two steps, so a writer that hangs holds up nobody: every step proves that the blob still ends where this writer left
 * it, and `conflict` (with the true `offset`) ends all but one of several writers. Throws `gone` when the blob or its
 * session was deleted. A kill between any two steps leaves the blob at the last one. Holds a segment at most, and less
 * where many append at one time.
 */
export async function appendToBlob(
  services: BlobServices,
  blobId: string,
  { offset, source, onStored, charge, ...options }: Appending,
): Promise<number> {
  const { segmentBytes = BLOB_SEGMENT_BYTES, heldMs = HELD_MS, leaseMs = BLOB_LEASE_MS } = options;
  const blob: AppendedBlob = { services, blobId, leaseMs, charge };
  let at = await readOpenPosition(services.database.sql, blobId);
  if (at.bytes !== offset) throw otherOffset(blobId, at.bytes);
  // Left behind by a store that could not take it.
  if (at.tailBytes >= segmentBytes) at = await fold(blob, at);

  const writer = createPieceWriter(blob, at, { segmentBytes, onStored });
  const pieces = gatherPieces(source, { maxBytes: writer.roomBytes, maxHeldMs: heldMs, held });
  try {
    await storePieces(pieces, writer);
  } catch (error) {
    // What came before is durable, or failed with the same error.
    await writer.end().catch(() => {});
    throw error;
  }
  return writer.end();
}

/** What fails behind a piece does not wait for a source that is slow. */
async function storePieces(
  pieces: AsyncGenerator<Piece, void, undefined>,
  writer: PieceWriter,
): Promise<void> {
  let isGathering = false;
  try {
    for (;;) {
      const gathering = pieces.next().finally(() => {
        isGathering = false;
      });
      isGathering = true;
      const next = await Promise.race([gathering, writer.stored().then(() => gathering)]);
      if (next.done) return;
      await writer.write(next.value);
    }
  } finally {
    const closing = pieces.return().catch(() => {});
    // A source that says nothing would keep it waiting.
    if (!isGathering) await closing;
  }
}
