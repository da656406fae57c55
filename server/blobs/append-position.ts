import { AppError } from "#lib/errors.ts";
import type { Sql, TransactionSql } from "#server/database/database.ts";

/** How far an appended blob is stored. */
export interface AppendPosition {
  /** Offset of the next byte. */
  bytes: number;
  /** Of these, how many are in rows and in no segment yet. */
  tailBytes: number;
  segmentCount: number;
}

interface PositionRow extends AppendPosition {
  state: "writing" | "complete" | "incomplete" | "deleting";
  sha256: string | null;
}

const deleted = (blobId: string) =>
  new AppError("gone", "The file was deleted while it was written", { details: { blobId } });

/** Throws `gone` for a blob that is not there any more. */
export async function readPosition(
  sql: Sql | TransactionSql,
  blobId: string,
): Promise<PositionRow> {
  const [row] = await sql<PositionRow[]>`
    select state, bytes::float8 as bytes, sha256,
      (select count(*)::int from blob_segments where blob_id = blobs.id) as "segmentCount",
      (
        select coalesce(sum(octet_length(data)), 0)::float8 from blob_tail where blob_id = blobs.id
      ) as "tailBytes"
    from blobs where id = ${blobId} and mode = 'append'`;
  if (!row || row.state === "deleting") throw deleted(blobId);
  return row;
}

/** The same for a blob that takes bytes: `conflict` when it is complete, or was given up. */
export async function readOpenPosition(
  sql: Sql | TransactionSql,
  blobId: string,
): Promise<AppendPosition> {
  const { state, bytes, tailBytes, segmentCount } = await readPosition(sql, blobId);
  if (state !== "writing") {
    throw new AppError("conflict", "The file is complete already", { details: { blobId } });
  }
  return { bytes, tailBytes, segmentCount };
}

export const otherOffset = (blobId: string, offset: number) =>
  new AppError("conflict", "The next byte belongs elsewhere", { details: { blobId, offset } });

export const otherWriter = (blobId: string) =>
  new AppError("conflict", "Somebody else writes this file", { details: { blobId } });

interface Step {
  from: AppendPosition;
  addedBytes: number;
  leaseMs: number;
}

/**
 * Moves the end of the blob and locks its row until the transaction ends. Of several writers that stand at one offset
 * one moves it; the others get `conflict`. Throws `gone` when the blob or its session was deleted; that
 * of a stream has none.
 */
export async function advance(
  tx: TransactionSql,
  blobId: string,
  { from, addedBytes, leaseMs }: Step,
): Promise<void> {
  const { count } = await tx`
    update blobs b set
      bytes = bytes + ${addedBytes},
      lease_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
    where id = ${blobId} and state = 'writing' and bytes = ${from.bytes} and (
      purpose = 'stream' or exists (
        select from sessions s
        where s.id = b.session_id and s.generation = b.generation and s.deleted_at is null
      )
    )`;
  if (count === 1) return;
  const { bytes } = await readOpenPosition(tx, blobId);
  throw bytes === from.bytes ? deleted(blobId) : otherOffset(blobId, bytes);
}
