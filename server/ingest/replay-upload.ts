import { AppError } from "#lib/errors.ts";
import type { SessionAccess } from "#server/accounts/policy.ts";
import type { Services } from "#server/services.ts";
import { changeUpload } from "./change-upload.ts";
import { ingestUploadJob } from "./ingest-upload-job.ts";

/**
 * Puts an upload that failed, or that is done, back into the line, in its old place among the writes of its session: what
 * is newer stays. A `conflict` while it is under way; `gone` once its received bytes are not kept any more.
 */
export async function replayUpload(
  services: Pick<Services, "database" | "bus" | "queue">,
  { sessionId, generation }: SessionAccess,
  uploadId: string,
): Promise<void> {
  await changeUpload(services, { uploadId, sessionId, generation }, async (tx) => {
    const [upload] = await tx<{ state: string; isKept: boolean }[]>`
      select state, blob_id is not null as "isKept" from uploads where id = ${uploadId}`;
    if (upload?.state !== "failed" && upload?.state !== "done") {
      throw new AppError("conflict", "The upload is under way already", { details: { uploadId } });
    }
    if (!upload.isKept) {
      throw new AppError("gone", "The received bytes are not kept any more: send them again", {
        details: { uploadId },
      });
    }
    await tx`
      update uploads
      set state = 'queued', attempt = 0, retry_at = null, ended_at = null, kept_until = null
      where id = ${uploadId}`;
    await services.queue.enqueue(ingestUploadJob, {}, { tx });
  });
}
