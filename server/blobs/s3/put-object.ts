import { BLOB_PART_BYTES, BLOB_SINGLE_PUT_MAX_BYTES } from "#lib/limits.ts";
import type { PutOptions } from "../blob-store.ts";
import { createShare } from "../byte-budget.ts";
import { checkLength } from "../check-length.ts";
import { gatherParts, type Part, SMALL_PART_BYTES } from "../gather-parts.ts";
import type { Bucket } from "./bucket.ts";
import { putMultipart } from "./put-multipart.ts";
import { putChunks } from "./send-chunks.ts";

interface NewObject extends PutOptions {
  key: string;
  source: AsyncIterable<Uint8Array>;
}

/**
 * Stores a stream as one object: with one request when it ends within the first part, or is known to be small enough
 * and there is room to hold it, else as a multipart upload. Everything sent is held until the server has it, so that
 * it can be sent again: at most four parts, and no more of all objects at one time than the bucket has room for.
 */
export async function putObject(bucket: Bucket, object: NewObject): Promise<{ bytes: number }> {
  const heldBytes = reserve(bucket, object.byteLength);
  const partBytes = Math.max(heldBytes, BLOB_PART_BYTES);
  const share = createShare(bucket.parts);
  const roomBytes = Math.min(BLOB_PART_BYTES, object.byteLength ?? Infinity);
  const parts = gatherParts(checkLength(object.source, object), {
    partBytes,
    reserve: async () => {
      if (heldBytes === 0) await share.wait(roomBytes);
    },
  });
  const onSent = ({ bytes }: Part) => {
    if (bytes > SMALL_PART_BYTES) share.give(roomBytes);
  };
  try {
    const { value: first } = await parts.next();
    if (first === undefined || first.isLast) {
      const part = first ?? { chunks: [], bytes: 0, isLast: true };
      await putChunks(bucket, { ...object, part });
      return { bytes: part.bytes };
    }
    return {
      bytes: await putMultipart(bucket, { ...object, parts: prepend(first, parts), onSent }),
    };
  } finally {
    bucket.held.give(heldBytes);
    share.giveAll();
    await parts.return();
  }
}

/** Bytes that were set aside for one large request; 0 when the object goes in parts, or in less than one. */
function reserve({ held }: Bucket, byteLength = Infinity): number {
  if (byteLength <= BLOB_PART_BYTES || byteLength > BLOB_SINGLE_PUT_MAX_BYTES) return 0;
  return held.take(byteLength) ? byteLength : 0;
}

async function* prepend(first: Part, rest: AsyncGenerator<Part>): AsyncGenerator<Part> {
  yield first;
  yield* rest;
}
