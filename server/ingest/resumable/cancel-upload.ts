import { AppError } from "#lib/errors.ts";
import { markBlobsDeleted } from "#server/blobs/delete-blobs.ts";
import type { NewsServices } from "#server/live/transact.ts";
import { changeUploadOrSession, type UploadRef } from "../change-upload.ts";
import { removeMadeSession } from "../remove-made-session.ts";

/**
 * Removes an upload whose bytes have not all come, and the session that was made for it when nothing else is in there;
 * what came goes with the sweeper. Throws `conflict` once all bytes have come.
 */
export async function cancelUpload(services: NewsServices, upload: UploadRef): Promise<void> {
  const { uploadId } = upload;
  await changeUploadOrSession(services, upload, async (tx) => {
    const [cancelled] = await tx<{ blobId: string | null }[]>`
      select blob_id as "blobId" from uploads where id = ${uploadId} and state = 'receiving'`;
    if (!cancelled) {
      throw new AppError(
        "conflict",
        "All of this upload is here: it cannot be cancelled any more",
        {
          details: { uploadId },
        },
      );
    }
    if (!(await removeMadeSession(tx, upload)))
      await tx`delete from uploads where id = ${uploadId}`;
    if (cancelled.blobId !== null) await markBlobsDeleted(tx, [cancelled.blobId]);
  });
}
