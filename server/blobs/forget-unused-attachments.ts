import { ATTACHMENT_KEPT_HOURS } from "#lib/limits.ts";
import { markBlobsDeleted } from "./delete-blobs.ts";
import type { BlobServices } from "./write-blob.ts";

const ROWS_PER_STEP = 500;

/** Lets go of files for prompts that no prompt has, and none took for a day. One that is being taken now stays. */
export async function forgetUnusedAttachments({
  database: { sql },
}: Pick<BlobServices, "database">): Promise<number> {
  return sql.begin(async (tx) => {
    const due = await tx<{ id: string }[]>`
      select id from attachments a
      where used_at < clock_timestamp() - ${ATTACHMENT_KEPT_HOURS} * interval '1 hour'
        and not exists (select from prompt_attachments where attachment_id = a.id)
      order by id limit ${ROWS_PER_STEP} for update skip locked`;
    // A statement of its own: it sees what was taken before the rows were locked.
    const removed = await tx<{ blobId: string }[]>`
      delete from attachments a
      where id = any(${due.map(({ id }) => id)}::text[])
        and not exists (select from prompt_attachments where attachment_id = a.id)
      returning blob_id as "blobId"`;
    await markBlobsDeleted(
      tx,
      removed.map(({ blobId }) => blobId),
    );
    return removed.length;
  });
}
