import { randomBytes, randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openBlob } from "../open-blob.ts";
import { createSegmentKey } from "../segment-key.ts";
import { sweepBlobs } from "../sweep-blobs.ts";
import { isS3Away, openS3Test, type S3Test } from "../testing/open-s3-test.ts";
import { chunksOf } from "../testing/chunks-of.ts";
import { useBlobsTest } from "../testing/use-blobs-test.ts";
import { writeBlob, type BlobServices } from "../write-blob.ts";

const PART = 8 * 1024 * 1024;

describe.skipIf(isS3Away)("blobs in a bucket", () => {
  const harness = useBlobsTest();
  let s3: S3Test;
  let services: BlobServices;

  beforeEach(async () => {
    s3 = await openS3Test();
    services = { database: harness.context.database, blobs: s3.store };
  });
  afterEach(() => s3.close());

  const newBlob = (source: AsyncIterable<Uint8Array>) => ({
    sessionId: harness.sessionId,
    generation: 1,
    purpose: "upload" as const,
    mime: "application/json",
    source,
  });
  const sweep = (graceMs = -60_000) => sweepBlobs(services, { graceMs });
  const keysOf = async (stored: AsyncIterable<{ key: string }>) => {
    const keys: string[] = [];
    for await (const { key } of stored) keys.push(key);
    return keys;
  };
  const beginUpload = (key: string) =>
    s3.bucket.client.createMultipartUpload({
      Bucket: s3.bucket.name,
      Key: `${s3.bucket.prefix}${key}`,
    });

  test("a blob of several parts is one object, and every range of it is what slicing says", async () => {
    const bytes = randomBytes(2 * PART + 12_345);
    const { blobId } = await writeBlob(services, newBlob(chunksOf(bytes)));
    expect(await keysOf(s3.store.list())).toHaveLength(1);
    for (const [offset, end] of [
      [0, bytes.length],
      [PART - 3, PART + 3],
      [2 * PART, 2 * PART + 1],
    ] as const) {
      const { stream } = await openBlob(services, blobId, { offset, length: end - offset });
      const read = Buffer.concat(await stream.toArray());
      expect(read.equals(bytes.subarray(offset, end))).toBe(true);
    }
  });

  test("the sweep removes orphans and uploads of killed processes, and keeps what is live", async () => {
    const { blobId } = await writeBlob(services, newBlob(chunksOf(randomBytes(1_000))));
    const live = await keysOf(s3.store.list());
    const orphan = createSegmentKey(randomUUID(), 0);
    const killed = createSegmentKey(randomUUID(), 0);
    await s3.store.put(orphan, chunksOf(randomBytes(5)));
    await beginUpload(killed);
    expect(await sweep(60_000)).toMatchObject({ fileCount: 0, unfinishedCount: 0 });
    expect(await sweep()).toMatchObject({ fileCount: 1, unfinishedCount: 1 });
    expect(await keysOf(s3.store.list())).toEqual(live);
    expect(await keysOf(s3.store.listUnfinished())).toEqual([]);
    expect((await openBlob(services, blobId)).stream.destroy().destroyed).toBe(true);
  });

  test("an upload that lasts longer than the grace survives the sweep in its middle", async () => {
    const bytes = randomBytes(3 * PART);
    let swept: unknown;
    async function* slow() {
      yield* chunksOf(bytes.subarray(0, 2 * PART + 5));
      expect(await keysOf(s3.store.listUnfinished())).toHaveLength(1);
      swept = await sweep();
      yield* chunksOf(bytes.subarray(2 * PART + 5));
    }
    const { blobId } = await writeBlob(services, newBlob(slow()));
    expect(swept).toMatchObject({ unfinishedCount: 0 });
    const { stream } = await openBlob(services, blobId);
    expect(Buffer.concat(await stream.toArray()).equals(bytes)).toBe(true);
  });

  test("a blob that is deleted while its parts arrive ends with gone and leaves nothing", async () => {
    async function* source() {
      yield* chunksOf(randomBytes(2 * PART + 5));
      await harness.context.database.sql`
        update blobs set state = 'deleting' where state = 'writing'`;
      await sweep();
      yield* chunksOf(randomBytes(PART));
    }
    await expect(writeBlob(services, newBlob(source()))).rejects.toSatisfy(
      (error: { code?: string }) => error.code === "gone" || error.code === "unavailable",
    );
    await sweep();
    expect(await keysOf(s3.store.listUnfinished())).toEqual([]);
    expect(await keysOf(s3.store.list())).toEqual([]);
  });
});
