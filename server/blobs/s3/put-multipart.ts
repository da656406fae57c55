import { AppError } from "#lib/errors.ts";
import { BLOB_PARTS_IN_FLIGHT } from "#lib/limits.ts";
import type { Part } from "../gather-parts.ts";
import type { Bucket } from "./bucket.ts";
import { ask, ignoreMissing } from "./s3-errors.ts";
import { uploadChunks } from "./send-chunks.ts";
import { workThrough } from "./work-through.ts";

/** Servers put large objects together for a while. */
const COMPLETE_TIMEOUT_MS = 5 * 60_000;

interface Upload {
  key: string;
  uploadId: string;
}

interface NewObject {
  key: string;
  parts: AsyncIterable<Part>;
  /** Called for each part that the server has. */
  onSent: (part: Part) => void;
  signal?: AbortSignal;
}

/**
 * Stores parts as one object, two at a time, and returns its size. When anything fails, also `parts` or the signal, the
 * upload is aborted and nothing can be read under the key.
 */
export async function putMultipart(
  bucket: Bucket,
  { key, parts, onSent, signal }: NewObject,
): Promise<number> {
  const upload = { key, uploadId: await createUpload(bucket, key, signal) };
  const partETags: string[] = [];
  let bytes = 0;
  try {
    let count = 0;
    await workThrough(parts, {
      limit: BLOB_PARTS_IN_FLIGHT,
      signal,
      async work(part, stop) {
        const index = (count += 1) - 1;
        const sending = { ...upload, part, partNumber: index + 1, signal: stop };
        partETags[index] = await uploadChunks(bucket, sending);
        bytes += part.bytes;
        // Whoever gathers the next one still refers to it.
        part.chunks.length = 0;
        onSent(part);
      },
    });
    signal?.throwIfAborted();
    await completeUpload(bucket, upload, { partETags, bytes });
    return bytes;
  } catch (error) {
    // What cannot be aborted now is found by the sweeper.
    await abortUpload(bucket, upload).catch(() => {});
    throw error;
  }
}

async function createUpload(bucket: Bucket, key: string, signal?: AbortSignal): Promise<string> {
  const object = nameOfObject(bucket, key);
  const { UploadId } = await ask(
    () => bucket.client.createMultipartUpload(object, { abortSignal: signal }),
    signal,
  );
  if (UploadId === undefined)
    throw new AppError("unavailable", "The file storage did not begin an upload");
  return UploadId;
}

/**
 * An answer that was lost leaves us unsure: the repeated request does not find the upload any more. The object decides;
 * its key is ours alone.
 */
async function completeUpload(
  bucket: Bucket,
  { key, uploadId }: Upload,
  { partETags, bytes }: { partETags: string[]; bytes: number },
): Promise<void> {
  const Parts = partETags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
  const object = nameOfObject(bucket, key);
  const completion = { ...object, UploadId: uploadId, MultipartUpload: { Parts } };
  const options = { requestTimeout: COMPLETE_TIMEOUT_MS };
  try {
    await ask(() => bucket.client.completeMultipartUpload(completion, options));
  } catch (error) {
    const isThere = await bucket.client.headObject(object).then(
      ({ ContentLength }) => ContentLength === bytes,
      () => false,
    );
    if (!isThere) throw error;
  }
}

/** Safe to run for an upload that is gone. */
export async function abortUpload(bucket: Bucket, { key, uploadId }: Upload): Promise<void> {
  const query = { ...nameOfObject(bucket, key), UploadId: uploadId };
  await ask(async () => {
    await bucket.client.abortMultipartUpload(query).catch(ignoreMissing);
  });
}

const nameOfObject = (bucket: Bucket, key: string) => ({
  Bucket: bucket.name,
  Key: `${bucket.prefix}${key}`,
});
