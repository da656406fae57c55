import { markBlobsDeleted } from "#server/blobs/delete-blobs.ts";
import { announce, transact } from "#server/live/transact.ts";
import type { Services } from "#server/services.ts";

/**
 * Lets go of batches that ended `BATCH_KEPT_DAYS` ago, with all of their lines; what these became stays. Safe to run at
 * any time, and by many at once.
 */
export async function expireBatches(
  services: Pick<Services, "database" | "bus" | "environment">,
): Promise<void> {
  while (await expireOne(services));
}

/** One at a time: it may have a million lines. */
function expireOne(services: Pick<Services, "database" | "bus" | "environment">): Promise<boolean> {
  const { BATCH_KEPT_DAYS } = services.environment;
  return transact(services, async (tx) => {
    const [old] = await tx<{ batchId: string }[]>`
      select id as "batchId" from batches
      where finished_at < now() - ${BATCH_KEPT_DAYS} * interval '1 day'
        and running_count = 0
      limit 1 for update skip locked`;
    if (!old) return false;
    const { batchId } = old;
    const blobs = await tx<{ blobId: string }[]>`
      select blob_id as "blobId" from batch_items where batch_id = ${batchId} and blob_id is not null`;
    await tx`delete from batches where id = ${batchId}`;
    await markBlobsDeleted(
      tx,
      blobs.map(({ blobId }) => blobId),
    );
    announce(tx, { kind: "batch", batchId });
    return true;
  });
}
