import { AppError } from "#lib/errors.ts";
import { markBlobsDeleted, removeDeletedBlobs } from "#server/blobs/delete-blobs.ts";
import { writeBlob } from "#server/blobs/write-blob.ts";
import { log } from "#server/log.ts";
import { failureKind } from "./failure-kind.ts";
import type { BatchEntry, PreparedItem } from "./prepare-item.ts";
import { retryPassing } from "./retry-passing.ts";
import { writeBatch, type BatchOutcome, type BatchTarget } from "./write-batch.ts";
import type { ItemServices } from "./write-items.ts";

/** Pieces in which a body in memory is handed to the store. */
const PIECE_BYTES = 1024 * 1024;

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
  let bodyBlobId: string | null = null;
  return retryPassing(async ({ isRetry }) => {
    try {
      let outcome = await writeBatch(services, target, { entries, bodyBlobId, isRetry });
      if (outcome === null) {
        bodyBlobId = await storeBody(services, target, { entries, signal });
        outcome = await writeBatch(services, target, { entries, bodyBlobId, isRetry });
      }
      // With its body stored, a batch has no reason left to ask for it.
      if (outcome === null)
        throw new AppError("internal", "The body of an item was asked for twice");
      await removeBytes(services, outcome.releasedBlobIds);
      return outcome;
    } catch (error) {
      // A lost connection may have committed after all: then a row refers to the blob, and the sweeper decides.
      if (failureKind(error) !== "passing" && bodyBlobId !== null)
        await discardBody(services, bodyBlobId);
      throw error;
    }
  }, signal);
}

async function storeBody(
  services: ItemServices,
  { sessionId, generation }: BatchTarget,
  { entries, signal }: Entries,
): Promise<string> {
  const { large } = entries[0] as PreparedItem;
  const source = piecesOf(large!);
  const mime = "application/json";
  const { blobId } = await writeBlob(services, {
    sessionId,
    generation,
    purpose: "item",
    mime,
    source,
    signal,
  });
  return blobId;
}

async function* piecesOf(body: Buffer): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < body.byteLength; start += PIECE_BYTES)
    yield body.subarray(start, start + PIECE_BYTES);
}

async function discardBody(services: ItemServices, blobId: string): Promise<void> {
  try {
    await markBlobsDeleted(services.database.sql, [blobId]);
    await removeDeletedBlobs(services, [blobId]);
  } catch (error) {
    log.warn({ blobId, err: error }, "an unused blob is left to the sweeper");
  }
}

/** The items are stored and say so: bytes that nobody refers to any more can wait for the sweeper. */
async function removeBytes(services: ItemServices, blobIds: readonly string[]): Promise<void> {
  try {
    await removeDeletedBlobs(services, blobIds);
  } catch (error) {
    log.warn({ blobIds, err: error }, "deleted blobs are left to the sweeper");
  }
}
