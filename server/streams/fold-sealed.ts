import { completeAppendBlob } from "#server/blobs/complete-append-blob.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import type { Log } from "#server/log.ts";

/** By stream: the one fold of this process that is under way. */
const folding = new Map<string, Promise<void>>();

/**
 * Begins to make a segment of a blob that takes no more bytes. Resolves when the fold before it, of the same stream, has
 * ended: so a store that is slower than the appends slows them down. A fold that fails is left to `tidyStreams`.
 */
export async function foldSealed(
  services: BlobServices & { log: Log },
  { streamId, blobId }: { streamId: string; blobId: string },
): Promise<void> {
  while (folding.has(streamId)) await folding.get(streamId);
  const fold = completeAppendBlob(services, blobId)
    .then(() => {})
    .catch((error: unknown) => {
      services.log.debug({ err: error, streamId }, "a blob of a stream was not folded yet");
    })
    .finally(() => folding.delete(streamId));
  folding.set(streamId, fold);
}
