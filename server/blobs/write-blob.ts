import { createHash, type Hash } from "node:crypto";
import { AppError, isAppError } from "#lib/errors.ts";
import { BLOB_SEGMENT_BYTES } from "#lib/limits.ts";
import type { Database, Sql, TransactionSql } from "#server/database/database.ts";
import { databaseTrouble } from "#server/database/is-database-away.ts";
import type { BlobStore, PutOptions } from "./blob-store.ts";
import { checkLength } from "./check-length.ts";
import { cutSegments, type Segment } from "./cut-segments.ts";
import { discardBlobs } from "./delete-blobs.ts";
import { createSegmentKey } from "./segment-key.ts";

/** From the last byte on, what is not live is left alone for this long. */
export const BLOB_LEASE_MS = 60 * 60 * 1000;

export interface BlobServices {
  database: Database;
  blobs: BlobStore;
}

export interface NewBlob {
  sessionId: string;
  generation: number;
  purpose: "item" | "upload" | "output" | "stream" | "checkpoint" | "export" | "attachment";
  mime: string;
  name?: string;
  source: AsyncIterable<Uint8Array>;
  /** Bytes that `source` will bring, where known. */
  byteLength?: number;
  signal?: AbortSignal;
  leaseMs?: number;
  /** One segment unless told, but for outputs, which are readable while they are written. */
  segmentBytes?: number;
  /** What is stored of one that fails is of no use to anybody: it goes at once. */
  isAllOrNothing?: boolean;
}

export interface WrittenBlob {
  blobId: string;
  bytes: number;
  /** Hex. */
  sha256: string;
}

/**
 * Stores a stream as a new blob, `complete` and durable when it resolves. The row comes before the first byte and its
 * lease is renewed while bytes arrive, so that the sweeper finds whatever a crash leaves. A failure or an abort leaves
 * the blob `incomplete` with the segments that were whole; the error comes through, as `unavailable` when it is the
 * database's or when `source` brings another length than announced. `gone` when the blob was deleted meanwhile.
 * Memory: what the store's driver holds of one segment.
 */
export async function writeBlob(
  { database, blobs }: BlobServices,
  blob: NewBlob,
): Promise<WrittenBlob> {
  const { segmentBytes = blob.purpose === "output" ? BLOB_SEGMENT_BYTES : Infinity } = blob;
  const isOneSegment = segmentBytes === Infinity;
  const lease = createLease(
    database,
    await insertBlob(database, blob),
    blob.leaseMs ?? BLOB_LEASE_MS,
  );
  try {
    const whole = createHash("sha256");
    const byteLength = isOneSegment ? blob.byteLength : undefined;
    const options = { signal: blob.signal, byteLength };
    const source = checkLength(blob.source, blob);
    let bytes = 0;
    let n = 0;
    for await (const segment of cutSegments(source, { segmentBytes })) {
      const stored = await putSegment({ blobs, lease, n, segment, whole, options });
      await lease.addSegment({ n, ...stored });
      bytes += stored.bytes;
      n += 1;
    }
    const sha256 = whole.digest("hex");
    await lease.complete(sha256);
    return { blobId: lease.blobId, bytes, sha256 };
  } catch (error) {
    // The first error tells more; when the row cannot be marked, its lease runs out.
    await lease.abandon().catch(() => {});
    if (blob.isAllOrNothing) await discardBlobs({ database, blobs }, [lease.blobId]);
    throw error;
  }
}

async function insertBlob({ sql }: Database, blob: NewBlob): Promise<string> {
  const { sessionId, generation, purpose, mime, name = null, leaseMs = BLOB_LEASE_MS } = blob;
  const [row] = await sql<{ id: string }[]>`
    insert into blobs (session_id, generation, purpose, mode, mime, name, state, lease_until)
    values (${sessionId}, ${generation}, ${purpose}, 'whole', ${mime}, ${name}, 'writing', ${leaseEnd(sql, leaseMs)})
    returning id`.catch(unavailable);
  return row!.id;
}

interface PutSegment {
  blobs: BlobStore;
  lease: Lease;
  n: number;
  segment: Segment;
  whole: Hash;
  options: PutOptions;
}

async function putSegment({ blobs, lease, n, segment, whole, options }: PutSegment) {
  const observed = async function* () {
    for await (const chunk of segment) {
      whole.update(chunk);
      yield chunk;
      await lease.renewWhenDue();
    }
  };
  const key = createSegmentKey(lease.blobId, n);
  const { bytes } = await blobs.put(key, observed(), options);
  return { key, bytes, sha256: n === 0 ? whole.copy().digest("hex") : null };
}

type Lease = ReturnType<typeof createLease>;

/** The row of a blob that is being written; every change of it proves that nobody deleted the blob, and renews it. */
function createLease({ sql }: Database, blobId: string, leaseMs: number) {
  let renewedAt = Date.now();

  const change = async ({ state = "writing", sha256 = null, segment }: LeaseChange) => {
    const changed = await sql
      .begin(async (tx) => {
        const { count } = await tx`
          update blobs set state = ${state}, sha256 = ${sha256}, bytes = bytes + ${segment?.bytes ?? 0},
            lease_until = ${leaseEnd(tx, leaseMs)}
          where id = ${blobId} and state = 'writing'`;
        if (count === 1 && segment)
          await tx`insert into blob_segments ${tx({ blob_id: blobId, ...segment })}`;
        return count;
      })
      .catch(unavailable);
    if (changed !== 1)
      throw new AppError("gone", "The file was deleted while it was written", {
        details: { blobId },
      });
    renewedAt = Date.now();
  };

  return {
    blobId,
    addSegment: (segment: SegmentRow) => change({ segment }),
    complete: (sha256: string) => change({ state: "complete", sha256 }),
    abandon: () => change({ state: "incomplete" }),
    /** A slow source keeps its lease although no segment becomes full for hours. */
    async renewWhenDue() {
      if (Date.now() - renewedAt >= leaseMs / 4) await change({});
    },
  };
}

interface LeaseChange {
  state?: "writing" | "complete" | "incomplete";
  sha256?: string | null;
  segment?: SegmentRow;
}

interface SegmentRow {
  n: number;
  key: string;
  bytes: number;
  sha256: string | null;
}

function leaseEnd(sql: Sql | TransactionSql, leaseMs: number) {
  return sql`clock_timestamp() + ${leaseMs} * interval '1 millisecond'`;
}

function unavailable(cause: unknown): never {
  if (isAppError(cause)) throw cause;
  throw databaseTrouble(cause);
}
