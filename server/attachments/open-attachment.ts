import type { Readable } from "node:stream";
import type { Attachment } from "#lib/attachment.ts";
import { AppError, isAppError } from "#lib/errors.ts";
import { openBlob } from "#server/blobs/open-blob.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";

/**
 * Its bytes; read them to their end or destroy the stream. Throws `not_found` with the file's name when they are gone;
 * what cannot be told at the moment comes through.
 */
export async function openAttachment(
  services: BlobServices,
  { attachmentId, name }: Pick<Attachment, "attachmentId" | "name">,
): Promise<Readable> {
  const [row] = await services.database.sql<{ blobId: string }[]>`
    select blob_id as "blobId" from attachments where id = ${attachmentId}`;
  try {
    if (row) return (await openBlob(services, row.blobId)).stream;
  } catch (cause) {
    throw isAppError(cause) && cause.code === "not_found" ? missing(name, cause) : cause;
  }
  throw missing(name);
}

const missing = (name: string, cause?: unknown) =>
  new AppError("not_found", `The file ${name} of this prompt is missing`, { cause });

/** All of them, whose number was checked before. */
export async function readAttachment(
  services: BlobServices,
  attachment: Attachment,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await openAttachment(services, attachment))
    chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
