import { AppError } from "#lib/errors.ts";
import { markBlobsDeleted } from "#server/blobs/delete-blobs.ts";
import type { NewsServices } from "#server/live/transact.ts";
import { changeUpload, type UploadRef } from "../change-upload.ts";

/** Removes an upload whose bytes have not all come; what came goes with the sweeper. Throws `conflict` once all have. */
export async function cancelUpload(services: NewsServices, upload: UploadRef): Promise<void> {
  const { uploadId } = upload;
  await changeUpload(services, upload, async (tx) => {
    const [removed] = await tx<{ blobId: string | null }[]>`
      delete from uploads where id = ${uploadId} and state = 'receiving'
      returning blob_id as "blobId"`;
    if (!removed) {
      throw new AppError(
        "conflict",
        "All of this upload is here: it cannot be cancelled any more",
        {
          details: { uploadId },
        },
      );
    }
    if (removed.blobId !== null) await markBlobsDeleted(tx, [removed.blobId]);
  });
}
