import { openBlob } from "#server/blobs/open-blob.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import { findBodyFiles } from "#server/items/open-far-body.ts";
import type { Target } from "#server/items/transcript-bounds.ts";
import type { FarBody } from "./export-row.ts";

/** Larger ones are left out whole. */
const BODY_MAX_BYTES = 4 * 1024 * 1024;

interface Files {
  far: FarBody;
  /** What stands for a file; null leaves a `data:` URL of its type that holds nothing. */
  hrefOf: (outputId: string | null, seq: number) => string | null;
}

/** A body with something else in place of its files; null for one that has none, or is large without them. */
export async function openWithoutFiles(
  services: BlobServices,
  { sessionId, generation }: Target,
  { far: { blobId, seq }, hrefOf }: Files,
): Promise<Buffer | null> {
  const files = await findBodyFiles(services.database.sql, { sessionId, generation, seq, blobId });
  if (files.length === 0) return null;
  const { stream, totalBytes } = await openBlob(services, blobId);
  if (totalBytes > BODY_MAX_BYTES) {
    stream.destroy();
    return null;
  }
  const stored = Buffer.concat((await stream.toArray()) as Buffer[]);
  const pieces: Buffer[] = [];
  let from = 0;
  for (const { at, headBytes, outputId } of files) {
    const href = hrefOf(outputId, seq);
    if (href === null) continue;
    pieces.push(
      stored.subarray(from, at - headBytes),
      Buffer.from(JSON.stringify(href).slice(1, -1)),
    );
    from = at;
  }
  pieces.push(stored.subarray(from));
  return Buffer.concat(pieces);
}
