import { randomBytes } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import type { BlobStore } from "./blob-store.ts";
import { completeAppendBlob } from "./complete-append-blob.ts";
import { markBlobsDeleted, removeDeletedBlobs } from "./delete-blobs.ts";
import { sweepBlobs } from "./sweep-blobs.ts";
import { chunksOf } from "./testing/chunks-of.ts";
import { sha256, useAppendTest } from "./testing/use-append-test.ts";

const { harness, create, append, complete, readLayout } = useAppendTest();

/** What it remembers of blobs is its own. */
async function anotherProcess() {
  vi.resetModules();
  return import("./append-blob.ts");
}

describe("appending", () => {
  test.each([0, 1, 999, 1_000, 1_001, 5_432])(
    "%i bytes are readable before and after the end, and hashed",
    async (count) => {
      const bytes = randomBytes(count);
      const blobId = await create();
      expect(await append(blobId, { offset: 0, source: chunksOf(bytes, 7) })).toBe(count);
      expect((await harness.read(blobId)).equals(bytes)).toBe(true);
      expect((await readLayout(blobId)).segments).toHaveLength(Math.floor(count / 1_000));
      expect(await complete(blobId)).toEqual({ blobId, bytes: count, sha256: sha256(bytes) });
      expect((await harness.read(blobId)).equals(bytes)).toBe(true);
      expect((await readLayout(blobId)).rows).toEqual([]);
      expect((await harness.readRows())[0]).toMatchObject({
        state: "complete",
        bytes: String(count),
        sha256: sha256(bytes),
      });
    },
  );

  test("many small ones end as the same bytes in the same segments", async () => {
    const bytes = randomBytes(4_321);
    const blobId = await create();
    let offset = 0;
    for (const length of [1, 2, 3, 7, 64, 923, 1_000, 999, 1_322]) {
      const source = chunksOf(bytes.subarray(offset, offset + length), 64);
      offset = await append(blobId, { offset, source });
    }
    expect(offset).toBe(4_321);
    expect(await readLayout(blobId)).toEqual({
      segments: [1_000, 1_000, 1_000, 1_000],
      rows: [321],
    });
    expect(
      (await harness.read(blobId, { offset: 990, length: 20 })).equals(bytes.subarray(990, 1_010)),
    ).toBe(true);
    expect((await complete(blobId)).sha256).toBe(sha256(bytes));
  });

  test("a large rest is kept in rows of 1 MiB", async () => {
    const bytes = randomBytes(2_500_000);
    const blobId = await create();
    await append(blobId, { offset: 0, source: chunksOf(bytes), segmentBytes: 8_000_000 });
    expect((await readLayout(blobId)).rows).toEqual([1_048_576, 1_048_576, 402_848]);
    expect((await harness.read(blobId)).equals(bytes)).toBe(true);
  });

  test("another offset is refused with the right one, and stores nothing", async () => {
    const blobId = await create();
    await append(blobId, { offset: 0, source: chunksOf(randomBytes(1_500)) });
    for (const offset of [0, 1_499, 1_501]) {
      await expect(
        append(blobId, { offset, source: chunksOf(randomBytes(10)) }),
      ).rejects.toMatchObject({ code: "conflict", details: { offset: 1_500 } });
    }
    expect(await readLayout(blobId)).toEqual({ segments: [1_000], rows: [500] });
  });

  test("a stream that breaks keeps what arrived, and the next one goes on there", async () => {
    const bytes = randomBytes(3_456);
    const blobId = await create();
    async function* broken() {
      yield* chunksOf(bytes.subarray(0, 2_345), 100);
      throw new RangeError("the line broke");
    }
    await expect(append(blobId, { offset: 0, source: broken() })).rejects.toThrow("the line broke");
    expect(await readLayout(blobId)).toEqual({ segments: [1_000, 1_000], rows: [345] });
    await append(blobId, { offset: 2_345, source: chunksOf(bytes.subarray(2_345)) });
    expect((await complete(blobId)).sha256).toBe(sha256(bytes));
    expect((await harness.read(blobId)).equals(bytes)).toBe(true);
  });

  test("a slow stream is durable long before it ends, in one growing row, and keeps its lease", async () => {
    const blobId = await create();
    await harness.expire();
    const stored = () => harness.readRows().then(([row]) => row?.bytes);
    async function* slow() {
      for (const expected of ["10", "20", "30"]) {
        yield randomBytes(10);
        await expect.poll(stored, { interval: 5 }).toBe(expected);
      }
    }
    await append(blobId, { offset: 0, source: slow(), heldMs: 1 });
    expect(await readLayout(blobId)).toEqual({ segments: [], rows: [30] });
    await sweepBlobs(harness.context);
    expect((await harness.readRows())[0]?.state).toBe("writing");
  });
});

describe("completing", () => {
  test("reads the blob once when another process wrote some of it", async () => {
    const bytes = randomBytes(2_600);
    const blobId = await create();
    await append(blobId, { offset: 0, source: chunksOf(bytes.subarray(0, 1_300)) });
    const elsewhere = await anotherProcess();
    await elsewhere.appendToBlob(harness.context, blobId, {
      offset: 1_300,
      source: chunksOf(bytes.subarray(1_300)),
    });
    expect((await complete(blobId)).sha256).toBe(sha256(bytes));
  });

  test("is refused when somebody appends while the blob is read", async () => {
    const { context } = harness;
    const first = randomBytes(1_000);
    const blobId = await create();
    const elsewhere = await anotherProcess();
    await elsewhere.appendToBlob(context, blobId, {
      offset: 0,
      source: chunksOf(first),
      segmentBytes: 500,
    });
    const blobs: BlobStore = {
      ...context.blobs,
      async open(...range) {
        await append(blobId, { offset: 1_000, source: chunksOf(Buffer.from("more")) });
        return context.blobs.open(...range);
      },
    };
    await expect(completeAppendBlob({ ...context, blobs }, blobId)).rejects.toMatchObject({
      code: "conflict",
      details: { offset: 1_004 },
    });
    const whole = Buffer.concat([first, Buffer.from("more")]);
    expect(await complete(blobId)).toMatchObject({ bytes: 1_004, sha256: sha256(whole) });
  });

  test("twice answers the same, and nothing can be appended any more", async () => {
    const blobId = await create();
    await append(blobId, { offset: 0, source: chunksOf(Buffer.from("all")) });
    const written = await complete(blobId);
    expect(await complete(blobId)).toEqual(written);
    await expect(
      append(blobId, { offset: 3, source: chunksOf(Buffer.from("more")) }),
    ).rejects.toMatchObject({ code: "conflict" });
    expect((await harness.read(blobId)).toString()).toBe("all");
  });
});

describe("trouble", () => {
  test("a deleted blob takes no more bytes, and leaves none behind", async () => {
    const { context } = harness;
    const blobId = await create();
    async function* source() {
      yield randomBytes(1_500);
      await markBlobsDeleted(context.database.sql, [blobId]);
      await removeDeletedBlobs(context, [blobId]);
      yield randomBytes(1_500);
    }
    await expect(append(blobId, { offset: 0, source: source() })).rejects.toMatchObject({
      code: "gone",
    });
    expect(await harness.readRows()).toEqual([]);
    expect(await context.listKeys()).toEqual([]);
    await expect(complete(blobId)).rejects.toMatchObject({ code: "gone" });
  });

  test("so does one whose session is deleted", async () => {
    const { sql } = harness.context.database;
    const blobId = await create();
    const stored = createDeferred<void>();
    async function* source() {
      yield randomBytes(1_500);
      await stored.promise;
      await sql`update sessions set deleted_at = now() where id = ${harness.sessionId}`;
      yield randomBytes(1_500);
    }
    const onStored = () => stored.resolve();
    await expect(append(blobId, { offset: 0, source: source(), onStored })).rejects.toMatchObject({
      code: "gone",
    });
    expect(await readLayout(blobId)).toEqual({ segments: [1_000], rows: [] });
  });

  test("what the store does not take stays durable in rows until it does", async () => {
    const bytes = randomBytes(2_700);
    const blobId = await create();
    const full: BlobStore = {
      ...harness.context.blobs,
      put: () => Promise.reject(new RangeError("the store is full")),
    };
    await expect(append(blobId, { offset: 0, source: chunksOf(bytes, 400) }, full)).rejects.toThrow(
      "the store is full",
    );
    expect(await readLayout(blobId)).toEqual({ segments: [], rows: [1_000] });
    await expect(append(blobId, { offset: 1_000, source: chunksOf(bytes) }, full)).rejects.toThrow(
      "the store is full",
    );
    await append(blobId, { offset: 1_000, source: chunksOf(Buffer.alloc(0)) });
    expect(await readLayout(blobId)).toEqual({ segments: [1_000], rows: [] });
    expect(await append(blobId, { offset: 1_000, source: chunksOf(bytes.subarray(1_000)) })).toBe(
      2_700,
    );
    expect(await readLayout(blobId)).toEqual({ segments: [1_000, 1_000], rows: [700] });
    expect((await complete(blobId)).sha256).toBe(sha256(bytes));
  });
});
