import type { Attachment } from "#lib/attachment.ts";
import { AppError } from "#lib/errors.ts";
import { createAttachmentId } from "#lib/ids.ts";
import { ATTACHMENT_MAX_BYTES, PICTURE_MAX_PIXELS, PICTURE_MAX_SIDE } from "#lib/limits.ts";
import { type Picture, PICTURE_HEAD_BYTES, readPicture } from "#lib/read-picture.ts";
import { requireTeamAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { markBlobsDeleted } from "#server/blobs/delete-blobs.ts";
import { type BlobServices, writeBlob } from "#server/blobs/write-blob.ts";
import { attachmentMime, cleanAttachmentName } from "./attachment-name.ts";

interface NewAttachment {
  name: string;
  /** As its sender says; null where it does not. */
  mime: string | null;
  announcedBytes: number | null;
  body: AsyncIterable<Uint8Array>;
}

/**
 * Stores a file for prompts, durable when it resolves. It is streamed: at most the first 192 KiB are kept, to see
 * whether it is a picture. Throws `too_large`, and `invalid_input` for a file without bytes.
 */
export async function storeAttachment(
  services: BlobServices,
  viewer: Viewer,
  file: NewAttachment,
): Promise<Attachment> {
  requireTeamAction(viewer, { teamId: viewer.teamId, action: "write" });
  if ((file.announcedBytes ?? 0) > ATTACHMENT_MAX_BYTES) throw tooLarge();
  if (file.announcedBytes === 0) throw empty();
  const attachmentId = createAttachmentId();
  const name = cleanAttachmentName(file.name);
  const watched = watchHead(file.body);
  const { blobId, bytes } = await writeBlob(services, {
    sessionId: attachmentId,
    generation: 1,
    purpose: "attachment",
    mime: "application/octet-stream",
    name,
    source: watched.source,
    ...(file.announcedBytes !== null && { byteLength: file.announcedBytes }),
  });
  const { sql } = services.database;
  if (bytes === 0) {
    await markBlobsDeleted(sql, [blobId]);
    throw empty();
  }
  const picture = readPicture(watched.head());
  const isShown = picture !== null && isDrawable(picture);
  const mime = attachmentMime({ picture: isShown ? picture : null, declared: file.mime, name });
  await sql`
    insert into attachments (id, team_id, owner_id, blob_id, name, mime, bytes)
    values (${attachmentId}, ${viewer.teamId}, ${viewer.userId}, ${blobId}, ${name}, ${mime}, ${bytes})`;
  return { attachmentId, name, mime, bytes };
}

/** Others are files like any other: no page draws them, and no model takes them. */
const isDrawable = ({ width, height }: Picture) =>
  Math.max(width, height) <= PICTURE_MAX_SIDE && width * height <= PICTURE_MAX_PIXELS;

const tooLarge = () =>
  new AppError("too_large", `A file has at most ${ATTACHMENT_MAX_BYTES / 1024 / 1024} MB`, {
    details: { maxBytes: ATTACHMENT_MAX_BYTES },
  });

const empty = () => new AppError("invalid_input", "The file is empty");

/** Passes bytes on, up to the limit, and keeps the first of them. */
function watchHead(body: AsyncIterable<Uint8Array>) {
  const pieces: Uint8Array[] = [];
  let keptBytes = 0;
  let bytes = 0;
  async function* source() {
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      if (bytes > ATTACHMENT_MAX_BYTES) throw tooLarge();
      if (keptBytes < PICTURE_HEAD_BYTES) {
        const piece = Uint8Array.from(chunk.subarray(0, PICTURE_HEAD_BYTES - keptBytes));
        keptBytes += piece.byteLength;
        pieces.push(piece);
      }
      yield chunk;
    }
  }
  return { source: source(), head: () => Buffer.concat(pieces) };
}
