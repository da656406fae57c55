import type { BlobStore } from "../blob-store.ts";
import { assertSegmentKey } from "../segment-key.ts";
import type { Bucket } from "./bucket.ts";
import { listObjects, listUploads } from "./list-objects.ts";
import { openObject } from "./open-object.ts";
import { abortUpload } from "./put-multipart.ts";
import { putObject } from "./put-object.ts";
import { ask, ignoreMissing } from "./s3-errors.ts";
import { workThrough } from "./work-through.ts";

const DELETES_IN_FLIGHT = 16;

/**
 * Keeps segments as objects of a bucket, with nothing that only some S3 servers have: no conditional writes, no
 * trailers, no batch deletes (they want a checksum of one kind here and of another there).
 */
export function createS3BlobStore(bucket: Bucket): BlobStore {
  const remove = async (key: string) => {
    const Key = `${bucket.prefix}${key}`;
    await ask(async () => {
      await bucket.client.deleteObject({ Bucket: bucket.name, Key }).catch(ignoreMissing);
    });
  };

  return {
    async put(key, source, options = {}) {
      assertSegmentKey(key);
      return putObject(bucket, { ...options, key, source });
    },
    async open(key, range) {
      assertSegmentKey(key);
      return openObject(bucket, key, range);
    },
    async delete(keys) {
      keys.forEach(assertSegmentKey);
      await workThrough(keys, { limit: DELETES_IN_FLIGHT, work: remove });
    },
    list: () => listObjects(bucket),
    listUnfinished: () => listUploads(bucket),
    removeUnfinished: ({ key, handle }) => abortUpload(bucket, { key, uploadId: handle }),
  };
}
