import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { BlobStore } from "./blob-store.ts";
import { markBlobsDeleted } from "./delete-blobs.ts";
import { openBlob } from "./open-blob.ts";
import { chunksOf } from "./testing/chunks-of.ts";
import { useBlobsTest } from "./testing/use-blobs-test.ts";

const harness = useBlobsTest();

describe("reading", () => {
  test("every range across segments is what slicing says", async () => {
    const bytes = randomBytes(3_210);
    const { blobId } = await harness.write(chunksOf(bytes));
    const edges = [0, 1, 999, 1_000, 1_001, 2_000, 3_000, 3_209, 3_210, 4_000];
    for (const offset of edges) {
      expect((await harness.read(blobId, { offset })).equals(bytes.subarray(offset))).toBe(true);
      for (const end of edges.filter((edge) => edge >= offset)) {
        const part = await harness.read(blobId, { offset, length: end - offset });
        expect(part.equals(bytes.subarray(offset, end))).toBe(true);
      }
    }
  });

  test("appended tails follow the segments", async () => {
    const bytes = randomBytes(2_000);
    const { blobId } = await harness.write(chunksOf(bytes));
    const tails = [randomBytes(10), randomBytes(20)];
    await harness.context.database.sql`insert into blob_tail values
      (${blobId}, 2010, ${tails[1]!}), (${blobId}, 2000, ${tails[0]!})`;
    const all = Buffer.concat([bytes, ...tails]);
    expect((await harness.read(blobId)).equals(all)).toBe(true);
    expect(
      (await harness.read(blobId, { offset: 1_990, length: 25 })).equals(
        all.subarray(1_990, 2_015),
      ),
    ).toBe(true);
    expect((await harness.read(blobId, { offset: 2_012 })).equals(all.subarray(2_012))).toBe(true);
    const { totalBytes, stream } = await openBlob(harness.context, blobId);
    stream.destroy();
    expect(totalBytes).toBe(2_030);
  });

  test("an unknown blob, one that is being deleted, and one without bytes are not found", async () => {
    const { blobId } = await harness.writeRandom(1_500);
    await expect(
      openBlob(harness.context, "00000000-0000-4000-8000-000000000000"),
    ).rejects.toMatchObject({
      code: "not_found",
    });
    await harness.context.blobs.delete(await harness.context.listKeys());
    await expect(openBlob(harness.context, blobId)).rejects.toMatchObject({ code: "not_found" });
    await markBlobsDeleted(harness.context.database.sql, [blobId]);
    await expect(openBlob(harness.context, blobId)).rejects.toMatchObject({ code: "not_found" });
  });

  test("a later segment that is missing breaks the stream, visibly", async () => {
    const { blobId } = await harness.writeRandom(2_500);
    const [row] = await harness.context.database
      .sql`select key from blob_segments where blob_id = ${blobId} and n = 1`;
    await harness.context.blobs.delete([row!["key"]]);
    const { stream } = await openBlob(harness.context, blobId);
    await expect(stream.toArray()).rejects.toMatchObject({ code: "not_found" });
  });

  test("a reader that leaves before reading, or early, leaves no file open", async () => {
    const { blobId } = await harness.writeRandom(2_500);
    const opened: { closed: boolean }[] = [];
    const blobs = {
      ...harness.context.blobs,
      open: async (...args: Parameters<BlobStore["open"]>) => {
        const stream = await harness.context.blobs.open(...args);
        opened.push(stream);
        return stream;
      },
    };
    (await openBlob({ ...harness.context, blobs }, blobId)).stream.destroy();
    for await (const _ of (await openBlob({ ...harness.context, blobs }, blobId)).stream) break;
    await expect.poll(() => opened.every((stream) => stream.closed)).toBe(true);
    expect(opened.length).toBeGreaterThan(1);
  });
});
