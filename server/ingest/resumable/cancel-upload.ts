import { AppError } from "#lib/errors.ts";
import { CANCELLED } from "#lib/upload.ts";
import { markBlobsDeleted } from "#server/blobs/delete-blobs.ts";
import type { NewsServices } from "#server/live/transact.ts";
import { changeUploadOrSession, type UploadRef } from "../change-upload.ts";
import { removeMadeSession } from "../remove-made-session.ts";
import { endUnfinished, findUnfinished, keptWords, type Unfinished } from "./end-unfinished.ts";

/**
 * Ends an upload whose bytes have not all come. What was readable of it stays, and its row says how much; the session
 * that was made for it goes when nothing is in there. Received bytes go with the sweeper. Its idempotency key is free
 * again. Throws `conflict` once all bytes have come.
 */
export async function cancelUpload(services: NewsServices, upload: UploadRef): Promise<void> {
  const { uploadId } = upload;
  await changeUploadOrSession(services, upload, async (tx) => {
    const unfinished = await findUnfinished(tx, upload);
    if (unfinished === null) {
      throw new AppError(
        "conflict",
        "All of this upload is here: it cannot be cancelled any more",
        {
          details: { uploadId },
        },
      );
    }
    if (!(await removeMadeSession(tx, upload))) {
      await endUnfinished(tx, unfinished, { code: CANCELLED, message: cancelledWords(unfinished) });
      await tx`update uploads set idempotency_key = null where id = ${uploadId}`;
    }
    if (unfinished.blobId !== null) await markBlobsDeleted(tx, [unfinished.blobId]);
  });
}

function cancelledWords(unfinished: Unfinished): string {
  const { bytes } = unfinished;
  if (bytes === 0) return "Cancelled before a byte came";
  return `Cancelled after ${bytes.toLocaleString("en")} bytes: ${keptWords(unfinished)}`;
}
