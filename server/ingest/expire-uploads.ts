import { markBlobsDeleted } from "#server/blobs/delete-blobs.ts";
import { transact } from "#server/live/transact.ts";
import type { Services } from "#server/services.ts";

const UPLOADS_PER_STEP = 100;

/**
 * Lets go of received bytes whose time is over; the uploads' rows stay and say what became of them. Bytes follow with
 * the sweeper. Safe to run at any time, and by many at once.
 */
export async function expireUploads(
  services: Pick<Services, "database" | "bus">,
): Promise<{ count: number }> {
  return transact(services, async (tx) => {
    const expired = await tx<{ blobId: string }[]>`
      update uploads u set blob_id = null, kept_until = null
      from (
        select id, blob_id from uploads
        where kept_until < now() and blob_id is not null and state in ('done', 'failed')
        limit ${UPLOADS_PER_STEP} for update skip locked
      ) as old
      where u.id = old.id
      returning old.blob_id as "blobId"`;
    await markBlobsDeleted(
      tx,
      expired.map(({ blobId }) => blobId),
    );
    return { count: expired.length };
  });
}
