import type {
  ListMultipartUploadsCommandOutput,
  ListObjectsV2CommandOutput,
} from "@aws-sdk/client-s3";
import type { StoredSegment, UnfinishedWrite } from "../blob-store.ts";
import { blobIdOfKey } from "../segment-key.ts";
import type { Bucket } from "./bucket.ts";
import { ask } from "./s3-errors.ts";

/** What servers give at once. */
const PAGE_COUNT = 1_000;

/** What is stored under the prefix with a key of ours. Holds one page. */
export async function* listObjects(
  bucket: Bucket,
  pageCount = PAGE_COUNT,
): AsyncGenerator<StoredSegment> {
  for (let token: string | undefined = undefined; ;) {
    const query = {
      Bucket: bucket.name,
      Prefix: bucket.prefix,
      MaxKeys: pageCount,
      ContinuationToken: token,
    };
    const page: ListObjectsV2CommandOutput = await ask(() => bucket.client.listObjectsV2(query));
    for (const { Key, Size = 0, LastModified } of page.Contents ?? []) {
      const key = keyWithin(bucket, Key);
      if (key !== null && LastModified) yield { key, bytes: Size, storedAt: LastModified };
    }
    token = page.NextContinuationToken;
    if (!page.IsTruncated || token === undefined) return;
  }
}

/** Multipart uploads under the prefix, with a key of ours, that are neither completed nor aborted. */
export async function* listUploads(
  bucket: Bucket,
  pageCount = PAGE_COUNT,
): AsyncGenerator<UnfinishedWrite> {
  for (let after: { key?: string; uploadId?: string } = {}; ;) {
    const query = {
      Bucket: bucket.name,
      Prefix: bucket.prefix,
      MaxUploads: pageCount,
      KeyMarker: after.key,
      UploadIdMarker: after.uploadId,
    };
    const page: ListMultipartUploadsCommandOutput = await ask(() =>
      bucket.client.listMultipartUploads(query),
    );
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      const key = keyWithin(bucket, Key);
      if (key !== null && UploadId && Initiated)
        yield { key, handle: UploadId, startedAt: Initiated };
    }
    const last = page.Uploads?.at(-1);
    if (!page.IsTruncated || last === undefined) return;
    // Not the markers of the answer: Swift leaves them out for a page of one.
    after = { key: last.Key, uploadId: last.UploadId };
  }
}

/** Our key of an object; null for what others keep in the bucket. */
function keyWithin({ prefix }: Bucket, name = ""): string | null {
  const key = name.startsWith(prefix) ? name.slice(prefix.length) : "";
  return blobIdOfKey(key) === null ? null : key;
}
