import { AppError } from "#lib/errors.ts";
import type { NewsServices } from "#server/live/transact.ts";
import { changeUpload, type UploadRef } from "../change-upload.ts";

/** Notes how many bytes an upload will have, which its client did not know at first. Throws `conflict` when it is known. */
export async function declareSize(
  services: NewsServices,
  upload: UploadRef,
  size: number,
): Promise<void> {
  await changeUpload(services, upload, async (tx) => {
    const { count } = await tx`
      update uploads set announced_bytes = ${size}
      where id = ${upload.uploadId} and state = 'receiving'
        and coalesce(announced_bytes, ${size}) = ${size}`;
    if (count === 1) return;
    throw new AppError("conflict", "The length of this upload is known already", {
      details: { uploadId: upload.uploadId },
    });
  });
}
