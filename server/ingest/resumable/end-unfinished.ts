import type { TransactionSql } from "#server/database/database.ts";
import { settleTurnsIn } from "#server/items/write-batch.ts";
import type { UploadRef } from "../change-upload.ts";

/** An upload that comes in pieces and whose bytes are not all here. */
export interface Unfinished extends UploadRef {
  /** Null before its first byte. */
  blobId: string | null;
  /** Durable. */
  bytes: number;
  /** Items of it that are readable. */
  storedCount: number;
  /** Since its bytes began to come. */
  ageMs: number;
}

/** Null when all bytes are here, or it has ended. The caller holds the lock of the session. */
export async function findUnfinished(
  tx: TransactionSql,
  { uploadId }: UploadRef,
): Promise<Unfinished | null> {
  const [unfinished] = await tx<Unfinished[]>`
    select u.id as "uploadId", u.session_id as "sessionId", u.generation, blob_id as "blobId", coalesce(b.bytes, 0)::float8 as bytes,
      stored_count as "storedCount",
      (extract(epoch from now() - begun_at) * 1000)::float8 as "ageMs"
    from uploads u left join blobs b on b.id = blob_id
    where u.id = ${uploadId} and u.state = 'receiving'`;
  return unfinished ?? null;
}

/** Nothing more comes: what is readable stays and is counted, with its turns; what was received is let go. */
export async function endUnfinished(
  tx: TransactionSql,
  { uploadId, sessionId, generation, bytes }: Unfinished,
  { code, message }: { code: string; message: string },
): Promise<void> {
  await tx`
    update uploads set
      state = 'failed', blob_id = null, bytes = ${bytes}, ended_at = now(),
      error_code = ${code}, error_message = ${message}
    where id = ${uploadId}`;
  await settleTurnsIn(tx, { sessionId, generation });
}

export function keptWords({ storedCount }: Unfinished): string {
  if (storedCount === 0) return "nothing of it was stored";
  return storedCount === 1
    ? "1 item that had arrived is kept"
    : `${storedCount.toLocaleString("en")} items that had arrived are kept`;
}
