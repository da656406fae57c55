import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { sweepBlobs } from "./sweep-blobs.ts";
import { chunksOf } from "./testing/chunks-of.ts";
import { useBlobsTest } from "./testing/use-blobs-test.ts";

const harness = useBlobsTest();

describe("writing", () => {
  test.each([0, 1, 999, 1_000, 1_001, 2_000, 5_432])(
    "%i bytes come back whole and hashed",
    async (count) => {
      const bytes = randomBytes(count);
      const written = await harness.write(chunksOf(bytes, 7));
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      expect(written).toEqual({ blobId: written.blobId, bytes: count, sha256 });
      expect((await harness.readRows())[0]).toMatchObject({
        state: "complete",
        bytes: String(count),
        sha256,
      });
      expect((await harness.read(written.blobId)).equals(bytes)).toBe(true);
      expect(await harness.context.listKeys()).toHaveLength(Math.ceil(count / 1_000));
    },
  );

  test.each(["item", "upload", "checkpoint", "export"] as const)(
    "%s blobs are one segment, however large",
    async (purpose) => {
      const bytes = randomBytes(17_000_000);
      const options = { purpose, segmentBytes: undefined, byteLength: bytes.byteLength };
      const { blobId, sha256 } = await harness.write(chunksOf(bytes), options);
      expect(sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
      const segments = await harness.context.database.sql`
        select bytes, sha256 from blob_segments where blob_id = ${blobId}`;
      expect([...segments]).toEqual([{ bytes: "17000000", sha256 }]);
      expect((await harness.read(blobId)).equals(bytes)).toBe(true);
    },
  );

  test("outputs are segments of 8 MiB, to be read while they are written", async () => {
    const { blobId } = await harness.writeRandom(17_000_000, {
      purpose: "output",
      segmentBytes: undefined,
    });
    const segments = await harness.context.database.sql`
      select bytes from blob_segments where blob_id = ${blobId} order by n`;
    expect(segments.map((segment) => segment["bytes"])).toEqual(["8388608", "8388608", "222784"]);
  });

  test.each([
    [0, 1, undefined],
    [999, 1_000, undefined],
    [1_001, 1_000, undefined],
    [2_500, 2_499, 1_000],
    [2_500, 2_501, 1_000],
    [2_000, 1_000, 1_000],
  ])(
    "%i bytes announced as %i, in segments of %s, are no complete blob",
    async (count, byteLength, segmentBytes) => {
      const written = harness.writeRandom(count, { byteLength, segmentBytes });
      await expect(written).rejects.toMatchObject({ code: "unavailable" });
      expect((await harness.readRows())[0]).toMatchObject({ state: "incomplete", sha256: null });
    },
  );

  test("the row is there before the first byte is asked for", async () => {
    let seen: unknown;
    async function* source() {
      seen = (await harness.readRows())[0]!.state;
      yield Buffer.from("x");
    }
    await harness.write(source());
    expect(seen).toBe("writing");
  });

  test("a source that fails leaves an incomplete blob whose whole segments are readable", async () => {
    const bytes = randomBytes(2_500);
    async function* broken() {
      yield bytes;
      throw new RangeError("the line broke");
    }
    await expect(harness.write(broken())).rejects.toThrow("the line broke");
    const row = (await harness.readRows())[0]!;
    expect(row).toMatchObject({ state: "incomplete", bytes: "2000", sha256: null });
    expect((await harness.read(row.id)).equals(bytes.subarray(0, 2_000))).toBe(true);
    expect(await harness.context.listKeys()).toHaveLength(2);
  });

  test("of a blob that is all or nothing, nothing stays when its source fails", async () => {
    async function* broken() {
      yield randomBytes(2_500);
      throw new RangeError("the line broke");
    }
    const written = harness.write(broken(), { isAllOrNothing: true });
    await expect(written).rejects.toThrow("the line broke");
    expect([await harness.readRows(), await harness.context.listKeys()]).toEqual([[], []]);
  });

  test("an abort does the same, also while nothing arrives after it", async () => {
    const controller = new AbortController();
    async function* source() {
      yield randomBytes(1_500);
      controller.abort(new RangeError("enough"));
      yield randomBytes(1_500);
    }
    await expect(harness.write(source(), { signal: controller.signal })).rejects.toThrow("enough");
    expect((await harness.readRows())[0]).toMatchObject({ state: "incomplete", bytes: "1000" });
  });

  test("a source that is slower than the lease keeps it", async () => {
    const ends: number[] = [];
    async function* slow() {
      for (let n = 0; n < 3; n += 1) {
        yield Buffer.from("x");
        const before = Date.parse((await harness.readRows())[0]!.leaseUntil);
        ends.push(before);
        const from = Date.now();
        await expect.poll(() => Date.now() - from, { interval: 5 }).toBeGreaterThan(30);
      }
    }
    await harness.write(slow(), { leaseMs: 100 });
    expect(ends[2]! - ends[0]!).toBeGreaterThan(25);
  });

  test("a blob that is deleted while it is written ends with gone, and its bytes go with the sweep", async () => {
    async function* source() {
      yield randomBytes(1_500);
      await harness.context.database.sql`update blobs set state = 'deleting'`;
      await sweepBlobs(harness.context);
      yield randomBytes(1_500);
    }
    await expect(harness.write(source())).rejects.toMatchObject({ code: "gone" });
    expect(await harness.readRows()).toHaveLength(0);
    await sweepBlobs(harness.context, { graceMs: -1_000 });
    expect(await harness.context.listKeys()).toEqual([]);
  });
});
