import { gatherParts } from "./gather-parts.ts";
import { openBlob } from "./open-blob.ts";
import type { BlobServices } from "./write-blob.ts";

const CHUNK_BYTES = 1024 * 1024;

interface FollowOptions {
  /** Resolves when the blob may have more than `offset` bytes; throws when nobody wants them any more. */
  waitForMore: (offset: number) => Promise<void>;
}

/**
 * The bytes of a blob that is appended to, from the first on, as they become durable; in chunks of 1 MiB, and smaller
 * ones only where no more bytes are there yet. Never ends by itself: what `waitForMore` throws comes through. Throws
 * what `openBlob` throws. Holds a chunk for a moment twice, and the tail of the blob.
 */
export async function* followBlob(
  services: BlobServices,
  blobId: string,
  { waitForMore }: FollowOptions,
): AsyncGenerator<Uint8Array, never> {
  for (let offset = 0; ;) {
    await waitForMore(offset);
    const { stream } = await openBlob(services, blobId, { offset });
    for await (const { chunks, bytes } of gatherParts(stream, { partBytes: CHUNK_BYTES })) {
      if (bytes === 0) continue;
      offset += bytes;
      yield chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes);
    }
  }
}
