import type { AppError } from "#lib/errors.ts";
import { FAILED_UPLOAD_KEPT_DAYS, UPLOAD_KEPT_DAYS } from "#lib/limits.ts";
import type { UploadCounts } from "#lib/upload.ts";
import type { WrittenBlob } from "#server/blobs/write-blob.ts";
import { toSafeError } from "#server/database/to-safe-error.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { settleTurnsIn } from "#server/items/write-batch.ts";
import type { NewsServices } from "#server/live/transact.ts";
import type { Services } from "#server/services.ts";
import { changeHeldUpload, type HeldUpload, isTakenOver, type UploadRef } from "./change-upload.ts";
import { ingestUploadJob } from "./ingest-upload-job.ts";
import { setCounts } from "./upload-row.ts";

/** What the scanner says of a whole document. */
export interface DocumentReport {
  counts: UploadCounts;
  /** Null when its first bytes did not tell. */
  format: string | null;
  ignoredMembers: readonly string[];
}

/**
 * All bytes are durable: from here on the upload is the queue's. Safe to run again: what is in the queue already, or
 * further, is left alone. Throws when it was given up meanwhile.
 */
export async function queueUpload(
  services: Pick<Services, "database" | "bus" | "queue">,
  upload: HeldUpload,
  { blobId, bytes, sha256 }: WrittenBlob,
): Promise<void> {
  try {
    await changeHeldUpload(services, upload, async (tx) => {
      await tx`
        update uploads set
          state = 'queued', process_id = null, blob_id = ${blobId}, bytes = ${bytes},
          way = case when way = 'direct' then 'stream' else way end,
          sha256 = ${sha256}, received_at = now()
        where id = ${upload.uploadId}`;
      await services.queue.enqueue(ingestUploadJob, {}, { tx });
    });
  } catch (error) {
    if (!isTakenOver(error) || !(await isReceived(services, upload, blobId))) throw error;
  }
}

/** Whether somebody else has put these very bytes into the queue. */
async function isReceived(
  { database: { sql } }: Pick<Services, "database">,
  { uploadId }: UploadRef,
  blobId: string,
): Promise<boolean> {
  const rows = await sql`
    select 1 from uploads
    where id = ${uploadId} and blob_id = ${blobId} and received_at is not null`;
  return rows.length > 0;
}

interface Ending extends DocumentReport {
  /** Of a payload that was applied in its request: the bytes, where they are kept. */
  direct?: { bytes: number; sha256: string; blobId: string | null };
}

/** All items of the upload are stored, found stored, or named as skipped. */
export async function finishUpload(
  services: NewsServices,
  upload: HeldUpload,
  { direct, ...report }: Ending,
): Promise<void> {
  await changeHeldUpload(services, upload, async (tx) => {
    const received = direct
      ? tx`way = 'direct', bytes = ${direct.bytes}, sha256 = ${direct.sha256}, blob_id = ${direct.blobId},`
      : tx``;
    await tx`
      update uploads set
        state = 'done', process_id = null, retry_at = null, error_code = null, error_message = null,
        error_offset = null, ended_at = now(), received_at = coalesce(received_at, now()), ${received}
        kept_until = now() + ${UPLOAD_KEPT_DAYS} * interval '1 day', ${setReport(tx, report)}
      where id = ${upload.uploadId}`;
  });
}

/** No attempt will be made any more by itself; what was stored stays, and so do the received bytes for a while. */
export async function failUpload(
  services: NewsServices,
  upload: HeldUpload,
  { error, report }: { error: unknown; report?: DocumentReport },
): Promise<void> {
  await changeHeldUpload(services, upload, async (tx) => {
    await tx`
      update uploads set
        state = 'failed', process_id = null, retry_at = null, ${setError(tx, toSafeError(error))},
        ended_at = now(), kept_until = now() + ${FAILED_UPLOAD_KEPT_DAYS} * interval '1 day'
        ${report ? tx`, ${setReport(tx, report)}` : tx``}
      where id = ${upload.uploadId}`;
    // No write that counts comes after what was stored of it.
    await settleTurnsIn(tx, upload);
  });
}

interface Postponement {
  /** Why, where that is worth telling. */
  error?: unknown;
  delaySeconds: number;
  /** Attempts that were made and count. */
  attempt: number;
}

/** Puts an upload back into the line, with its number. */
export async function postponeUpload(
  services: Pick<Services, "database" | "bus" | "queue">,
  upload: HeldUpload,
  { error, delaySeconds, attempt }: Postponement,
): Promise<void> {
  await changeHeldUpload(services, upload, async (tx) => {
    await tx`
      update uploads set
        state = 'queued', process_id = null, attempt = ${attempt},
        retry_at = now() + ${delaySeconds} * interval '1 second'
        ${error === undefined ? tx`` : tx`, ${setError(tx, toSafeError(error))}`}
      where id = ${upload.uploadId}`;
    await services.queue.enqueue(ingestUploadJob, {}, { tx, startAfterSeconds: delaySeconds });
  });
}

/** What a `set` clause says of a document, as far as it was read. */
export const setReport = (
  tx: TransactionSql,
  { counts, format, ignoredMembers }: DocumentReport,
) => tx`
  format = ${format}, ignored_members = ${JSON.stringify(ignoredMembers)}::text::jsonb,
  ${setCounts(tx, counts)}`;

function setError(tx: TransactionSql, { code, message, details }: AppError) {
  const offset = typeof details["offset"] === "number" ? details["offset"] : null;
  return tx`error_code = ${code}, error_message = ${message}, error_offset = ${offset}`;
}
