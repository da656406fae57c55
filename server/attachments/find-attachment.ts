import type { Attachment } from "#lib/attachment.ts";
import { AppError } from "#lib/errors.ts";
import { requireTeamAction, type SessionAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { clearDeletedBlobs, markBlobsDeleted } from "#server/blobs/delete-blobs.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";

export interface StoredAttachment extends Attachment {
  blobId: string;
}

/** Throws `not_found` for one that is not the viewer's team's, `forbidden` for what the viewer may not do to it. */
export async function getAttachment(
  { database: { sql } }: Pick<BlobServices, "database">,
  viewer: Viewer,
  { attachmentId, action }: { attachmentId: string; action: SessionAction },
): Promise<StoredAttachment> {
  requireTeamAction(viewer, { teamId: viewer.teamId, action });
  const [row] = await sql<StoredAttachment[]>`
    select id as "attachmentId", name, mime, bytes::float8 as bytes, blob_id as "blobId"
    from attachments where id = ${attachmentId} and team_id = ${viewer.teamId}`;
  if (row) return row;
  throw new AppError("not_found", "There is no such attachment", { details: { attachmentId } });
}

/** Removes one that no prompt has; a `conflict` otherwise. Its bytes go with it. */
export async function removeAttachment(
  services: BlobServices,
  { attachmentId, blobId }: StoredAttachment,
): Promise<void> {
  await services.database.sql.begin(async (tx) => {
    await tx`select 1 from attachments where id = ${attachmentId} for update`;
    const removed = await tx`
      delete from attachments a
      where id = ${attachmentId}
        and not exists (select from prompt_attachments where attachment_id = a.id)
      returning 1`;
    if (removed.length === 0) {
      throw new AppError("conflict", "A prompt has this file: it goes with its session", {
        details: { attachmentId },
      });
    }
    await markBlobsDeleted(tx, [blobId]);
  });
  await clearDeletedBlobs(services, [blobId]);
}
