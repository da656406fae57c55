import { AppError, isAppError } from "#lib/errors.ts";
import { clearDeletedBlobs, discardBlobs } from "#server/blobs/delete-blobs.ts";
import { failureKind } from "./failure-kind.ts";
import type { BatchEntry, PreparedItem } from "./prepare-item.ts";
import { retryPassing } from "./retry-passing.ts";
import { ownBlobsOfBody, storeBody, type StoredBody } from "./store-body.ts";
import { BODY_GONE, writeBatch, type BatchOutcome, type BatchTarget } from "./write-batch.ts";
import type { ItemServices } from "./write-items.ts";

interface Entries {
  entries: readonly BatchEntry[];
  signal: AbortSignal | undefined;
}

/** One batch, tried again for passing reasons; the body of a large item is stored first, once it is known to be needed. */
export async function writeEntries(
  services: ItemServices,
  target: BatchTarget,
  { entries, signal }: Entries,
): Promise<BatchOutcome> {
  let body: StoredBody | null = null;
  return retryPassing(async ({ isRetry }) => {
    const write = () => writeBatch(services, target, { entries, body, isRetry });
    const storeAndWrite = async (mayShare: boolean) => {
      const item = entries[0] as PreparedItem;
      body = await storeBody(services, target, { item, signal, mayShare });
      return write();
    };
    const writeWithBody = async () => (await write()) ?? (await storeAndWrite(true));
    try {
      const outcome = await writeWithBody().catch(async (error: unknown) => {
        if (body === null || !isShareLost(error, body)) throw error;
        await discardBlobs(services, ownBlobsOfBody(body));
        return storeAndWrite(false);
      });
      // With its body stored, a batch has no reason left to ask for it.
      if (outcome === null)
        throw new AppError("internal", "The body of an item was asked for twice");
      await clearDeletedBlobs(services, outcome.releasedBlobIds);
      return outcome;
    } catch (error) {
      // A lost connection may have committed after all: then a row refers to the blob, and the sweeper decides.
      if (failureKind(error) !== "passing" && body !== null)
        await discardBlobs(services, ownBlobsOfBody(body));
      throw error;
    }
  }, signal);
}

/** An output that has the blob of a file was deleted before the item was written. */
const isShareLost = (error: unknown, { files }: StoredBody): boolean =>
  isAppError(error) &&
  error.details["reason"] === BODY_GONE &&
  files.some(({ isShared }) => isShared);
