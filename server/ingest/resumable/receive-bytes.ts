import { AppError } from "#lib/errors.ts";
import { RESUMABLE_UPLOAD_IDLE_MS } from "#lib/limits.ts";
import { appendToBlob, createAppendBlob } from "#server/blobs/append-blob.ts";
import { completeAppendBlob } from "#server/blobs/complete-append-blob.ts";
import type { TransactionSql } from "#server/database/database.ts";
import type { Services } from "#server/services.ts";
import { heldByAnybody, type UploadRef } from "../change-upload.ts";
import { queueUpload } from "../settle-upload.ts";
import type { ResumableUpload } from "./find-resumable-upload.ts";

type Needs = Pick<Services, "database" | "blobs" | "bus" | "queue">;

interface Piece {
  offset: number;
  source: AsyncIterable<Uint8Array>;
}

/**
 * Appends a piece to an upload and returns where it ends, durable; the last piece puts the upload into the line. Errors
 * as `appendToBlob`: what came before is durable.
 */
export async function receiveBytes(
  services: Needs,
  upload: ResumableUpload,
  { offset, source }: Piece,
): Promise<number> {
  if (upload.state !== "receiving") return refuseBytes(upload, source);
  const blobId = await ensureBlob(services, upload);
  const leaseMs = RESUMABLE_UPLOAD_IDLE_MS;
  const end = await appendToBlob(services, blobId, { offset, source, leaseMs });
  if (end === upload.size) await finishReceiving(services, upload);
  return end;
}

/**
 * All bytes are durable: the upload goes into the line. Safe to run again, and by many at once. Throws `gone` when the
 * session was deleted, `not_found` when stored bytes are missing.
 */
export async function finishReceiving(services: Needs, upload: UploadRef): Promise<void> {
  const blobId = await ensureBlob(services, upload);
  const leaseMs = RESUMABLE_UPLOAD_IDLE_MS;
  const written = await completeAppendBlob(services, blobId, { leaseMs });
  await queueUpload(services, heldByAnybody(upload), written);
}

/** An upload gets its blob with its first byte; two first bytes at one time get the same one. */
async function ensureBlob(
  { database }: Pick<Services, "database">,
  upload: UploadRef,
): Promise<string> {
  const blobId = await database.sql.begin(async (tx) => {
    const [row] = await tx<{ blobId: string | null }[]>`
      select blob_id as "blobId" from uploads where id = ${upload.uploadId} for update`;
    return row && (row.blobId ?? createBlob(tx, upload));
  });
  if (blobId !== undefined) return blobId;
  const { uploadId, sessionId } = upload;
  throw new AppError("gone", "The session was deleted", { details: { sessionId, uploadId } });
}

async function createBlob(
  tx: TransactionSql,
  { uploadId, sessionId, generation }: UploadRef,
): Promise<string> {
  const blobId = await createAppendBlob(tx, {
    sessionId,
    generation,
    purpose: "upload",
    mime: "application/octet-stream",
    leaseMs: RESUMABLE_UPLOAD_IDLE_MS,
  });
  await tx`update uploads set blob_id = ${blobId} where id = ${uploadId}`;
  return blobId;
}

/** A repeated last piece brings nothing new. */
async function refuseBytes(
  { uploadId, offset }: ResumableUpload,
  source: AsyncIterable<Uint8Array>,
): Promise<number> {
  for await (const chunk of source) {
    if (chunk.byteLength === 0) continue;
    throw new AppError("conflict", "All of this upload is here already", {
      details: { uploadId, offset },
    });
  }
  return offset;
}
