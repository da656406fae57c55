import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { EnvironmentError } from "#server/env.ts";
import { createSegmentKey } from "../segment-key.ts";
import { describeBlobStore } from "../testing/blob-store-contract.ts";
import { isS3Away, openS3Test } from "../testing/open-s3-test.ts";
import { createBucket } from "./bucket.ts";
import { checkBucket } from "./check-bucket.ts";
import { listObjects, listUploads } from "./list-objects.ts";
import { createS3BlobStore } from "./s3-blob-store.ts";

async function keysOf(stored: AsyncIterable<{ key: string }>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of stored) keys.push(key);
  return keys;
}

describe.skipIf(isS3Away)("at a real server", () => {
  describeBlobStore("the s3 driver", openS3Test);

  test("what others keep in the bucket is neither listed nor found", async () => {
    const { bucket, settings, store, close } = await openS3Test();
    const key = createSegmentKey(randomUUID(), 0);
    const Body = "theirs";
    for (const Key of [`some/prefix/README`, key, `other/${key}`]) {
      await bucket.client.putObject({ Bucket: settings.bucket, Key, Body });
    }
    expect(await store.list()[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
    await expect(store.open(key)).rejects.toMatchObject({ code: "not_found" });
    await close();
  });

  test("lists of more than a page are whole, and name nothing twice", async () => {
    const { bucket, store, close } = await openS3Test();
    const keys = Array.from({ length: 5 }, () => createSegmentKey(randomUUID(), 0));
    for (const key of keys) await store.put(key, (async function* () {})());
    // Two uploads of one key fall on two pages.
    const unfinished = [...keys, keys[2]!].toSorted();
    for (const key of unfinished) {
      const object = { Bucket: bucket.name, Key: `${bucket.prefix}${key}` };
      await bucket.client.createMultipartUpload(object);
    }
    for (const pageCount of [1, 2, 3, 6]) {
      const stored = await keysOf(listObjects(bucket, pageCount));
      expect(stored.toSorted()).toEqual(keys.toSorted());
      const uploads = await keysOf(listUploads(bucket, pageCount));
      expect(uploads.toSorted()).toEqual(unfinished);
    }
    await close();
  });

  test("a bucket that is missing later is a trouble of the store, not a missing file", async () => {
    const { settings, close } = await openS3Test();
    const store = createS3BlobStore(await createBucket({ ...settings, bucket: "millrace-absent" }));
    const key = createSegmentKey(randomUUID(), 0);
    await expect(store.open(key)).rejects.toMatchObject({ code: "unavailable" });
    await expect(store.delete([key])).rejects.toMatchObject({ code: "unavailable" });
    await close();
  });

  test("the check at the start names the variable that is wrong, never its value", async () => {
    const { settings, bucket, close } = await openS3Test();
    await checkBucket(bucket);
    const { credentials } = settings;
    const wrong: [Partial<typeof settings>, RegExp][] = [
      [{ bucket: "millrace-absent" }, /^S3_BUCKET: /],
      [{ credentials: { ...credentials!, secretAccessKey: "hunter2" } }, /^S3_ACCESS_KEY_ID: /],
      [{ credentials: { ...credentials!, accessKeyId: "hunter2" } }, /^S3_ACCESS_KEY_ID: /],
      [{ endpoint: "http://127.0.0.1:1" }, /^S3_ENDPOINT: /],
    ];
    for (const [change, message] of wrong) {
      const changed = await createBucket({ ...settings, ...change });
      const error: unknown = await checkBucket(changed).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(EnvironmentError);
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message).not.toMatch(/hunter2/);
    }
    await close();
  });
});
