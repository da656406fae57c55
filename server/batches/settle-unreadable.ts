import { isAppError } from "#lib/errors.ts";
import { markBlobsDeleted } from "#server/blobs/delete-blobs.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { changeUploadOrSession, type UploadRef } from "#server/ingest/change-upload.ts";
import { removeMadeSession } from "#server/ingest/remove-made-session.ts";
import type { NewsServices } from "#server/live/transact.ts";
import { countLines, lockBatch } from "./count-lines.ts";

/** A line at work whose upload has ended because of what is in it: nothing could be read, or no more from some place on. */
export interface UnreadableLine extends UploadRef {
  index: number;
  reason: string;
}

/**
 * Ends such a line as one that could not be read: another one may take its place. Its session goes with the upload where
 * that made it and nothing came; a session that was there before stays as it was, and so does what was read of a broken
 * document, and what the line names and did not bring itself. Safe to run again, and by many at once.
 */
export async function settleUnreadable(
  services: NewsServices,
  batchId: string,
  line: UnreadableLine,
): Promise<void> {
  try {
    await changeUploadOrSession(services, line, async (tx) => {
      await lockBatch(tx, batchId);
      const settled = await tx`
        update batch_items set
          state = 'failed', fault = 'invalid', reason = ${line.reason}, ended_at = now()
        where batch_id = ${batchId} and index = ${line.index} and state = 'running'
          and claimed_by is null and upload_id = ${line.uploadId}
          and exists (
            select from uploads where id = ${line.uploadId} and state in ('done', 'failed'))
        returning 1`;
      if (settled.length === 0) return;
      await countLines(tx, batchId, { change: { running: -1, failed: 1 } });
      if (!(await takeBack(tx, batchId, line))) return;
      await tx`
        update batch_items set session_id = null, upload_id = null
        where batch_id = ${batchId} and index = ${line.index}`;
    });
  } catch (error) {
    // The session was deleted at this moment: whoever looks next says so.
    if (!isAppError(error) || error.code !== "gone") throw error;
  }
}

/** Of uploads that were sent for the batch, as their key says. */
async function takeBack(tx: TransactionSql, batchId: string, upload: UploadRef): Promise<boolean> {
  const [own] = await tx<{ blobId: string | null }[]>`
    select blob_id as "blobId" from uploads
    where id = ${upload.uploadId} and starts_with(idempotency_key, ${`${batchId}/`})`;
  if (!own || !(await removeMadeSession(tx, upload))) return false;
  if (own.blobId !== null) await markBlobsDeleted(tx, [own.blobId]);
  return true;
}
