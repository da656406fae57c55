import { createHash, randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isAppError } from "#lib/errors.ts";
import type { BlobStore, ByteRange } from "../blob-store.ts";
import { createSegmentKey } from "../segment-key.ts";
import { chunksOf } from "./chunks-of.ts";

/** What every driver promises; each driver's own test file runs this against a fresh, empty store. */
export function describeBlobStore(
  name: string,
  openStore: () => Promise<{ store: BlobStore; close: () => Promise<void> }>,
): void {
  describe(`${name} keeps the contract of a blob store`, () => {
    let store: BlobStore;
    let close: () => Promise<void>;

    beforeAll(async () => {
      ({ store, close } = await openStore());
    });
    afterAll(() => close());

    const newKey = (n = 0) => createSegmentKey(randomUUID(), n);
    const unfinishedKeys = async () => {
      const keys: string[] = [];
      for await (const write of store.listUnfinished()) keys.push(write.key);
      return keys;
    };
    const read = async (key: string, range?: ByteRange) =>
      Buffer.concat(await (await store.open(key, range)).toArray());

    test.each([1, 2, 3, 7, 64, 65_536])(
      "bytes come back as they were put in chunks of %i",
      async (chunkBytes) => {
        const key = newKey();
        const bytes = randomBytes(Math.min(chunkBytes * 300, 3_000_000) + 1);
        expect(await store.put(key, chunksOf(bytes, chunkBytes))).toEqual({
          bytes: bytes.byteLength,
        });
        expect((await read(key)).equals(bytes)).toBe(true);
      },
    );

    test.each([
      ["unknown length, a little larger than a part", 9, undefined],
      ["unknown length, several parts", 27, undefined],
      ["known length, several parts", 20, 20 * 1_048_583],
    ])("a stream of %s keeps its hash", async (_, count, byteLength) => {
      const key = newKey();
      const hash = createHash("sha256");
      const megabytes = async function* () {
        for (let n = 0; n < count; n += 1) {
          const chunk = randomBytes(1_048_583);
          hash.update(chunk);
          yield chunk;
        }
      };
      expect(await store.put(key, megabytes(), { byteLength })).toEqual({
        bytes: count * 1_048_583,
      });
      const stored = createHash("sha256");
      for await (const chunk of await store.open(key)) stored.update(chunk);
      expect(stored.digest("hex")).toBe(hash.digest("hex"));
      expect(await read(key, { offset: 8 * 1_048_576 - 2, length: 4 })).toHaveLength(4);
      expect(await unfinishedKeys()).not.toContain(key);
    });

    test.each([8_388_607, 8_388_608, 8_388_609, 16_777_216])(
      "a stream of %i bytes, at the edge of a part, comes back whole",
      async (byteCount) => {
        const key = newKey();
        const bytes = randomBytes(byteCount);
        expect(await store.put(key, chunksOf(bytes, 65_536))).toEqual({ bytes: byteCount });
        expect((await read(key)).equals(bytes)).toBe(true);
      },
    );

    test("nothing is stored as nothing", async () => {
      const key = newKey();
      expect(await store.put(key, chunksOf(Buffer.alloc(0), 1), { byteLength: 0 })).toEqual({
        bytes: 0,
      });
      expect(await read(key)).toHaveLength(0);
    });

    test.each<[ByteRange, string]>([
      [{}, "0123456789"],
      [{ offset: 0, length: 1 }, "0"],
      [{ offset: 3 }, "3456789"],
      [{ offset: 3, length: 4 }, "3456"],
      [{ offset: 9, length: 1 }, "9"],
      [{ offset: 8, length: 100 }, "89"],
      [{ offset: 4, length: 0 }, ""],
      [{ offset: 10 }, ""],
      [{ offset: 12, length: 3 }, ""],
    ])("the range %j of 0123456789 is %j", async (range, expected) => {
      const key = newKey();
      await store.put(key, chunksOf(Buffer.from("0123456789"), 4), { byteLength: 10 });
      expect((await read(key, range)).toString()).toBe(expected);
    });

    test("an unknown key is not found", async () => {
      const ranges: ByteRange[] = [{}, { offset: 5 }, { offset: 5, length: 0 }];
      for (const range of ranges) {
        await expect(store.open(newKey(), range)).rejects.toMatchObject({ code: "not_found" });
      }
    });

    test("deleting twice is no error, and the bytes are gone", async () => {
      const [one, two] = [newKey(), newKey()];
      await store.put(one, chunksOf(Buffer.from("one"), 3));
      await store.delete([one, two]);
      await store.delete([one]);
      await expect(store.open(one)).rejects.toMatchObject({ code: "not_found" });
    });

    test.each([2_000_000, 30_000_000])(
      "a source that fails after %i bytes leaves nothing, and its own error comes through",
      async (byteCount) => {
        const key = newKey();
        const broken = async function* () {
          for (let n = 0; n < byteCount; n += 1_000_000) yield Buffer.alloc(1_000_000);
          throw new RangeError("the line broke");
        };
        await expect(store.put(key, broken())).rejects.toThrow("the line broke");
        await expect(store.open(key)).rejects.toMatchObject({ code: "not_found" });
        expect(await unfinishedKeys()).not.toContain(key);
      },
    );

    test.each([9, 11])(
      "a source of 10 bytes announced as %i stores nothing",
      async (byteLength) => {
        const key = newKey();
        const put = store.put(key, chunksOf(Buffer.from("0123456789"), 4), { byteLength });
        await expect(put).rejects.toMatchObject({ code: "unavailable" });
        await expect(store.open(key)).rejects.toMatchObject({ code: "not_found" });
      },
    );

    test("an abort stops the write, closes the source and stores nothing", async () => {
      const key = newKey();
      const controller = new AbortController();
      let closed = false;
      const endless = async function* () {
        try {
          for (let n = 0; ; n += 1) {
            if (n === 40) controller.abort(new RangeError("enough"));
            yield Buffer.alloc(524_288);
          }
        } finally {
          closed = true;
        }
      };
      await expect(store.put(key, endless(), { signal: controller.signal })).rejects.toThrow(
        "enough",
      );
      expect(closed).toBe(true);
      await expect(store.open(key)).rejects.toMatchObject({ code: "not_found" });
      expect(await unfinishedKeys()).not.toContain(key);
    });

    test("a reader that leaves early harms nobody", async () => {
      const key = newKey();
      await store.put(key, chunksOf(randomBytes(4_000_000), 1_000_000));
      const stream = await store.open(key);
      for await (const _ of stream) break;
      expect(stream.destroyed).toBe(true);
      expect(await read(key, { length: 5 })).toHaveLength(5);
    });

    test.each(["../outside", "/etc/passwd", "aa/../../outside", "aa/b\0c", "", ".", "aa"])(
      "the key %j is refused before it touches the storage",
      async (key) => {
        for (const attempt of [
          () => store.put(key, chunksOf(Buffer.from("x"), 1)),
          () => store.open(key),
          () => store.delete([key]),
        ]) {
          await expect(attempt()).rejects.toSatisfy(isAppError);
        }
      },
    );

    test("the list names what is stored, and what was deleted no longer", async () => {
      const [kept, deleted] = [newKey(), newKey(7)];
      await store.put(kept, chunksOf(Buffer.from("kept"), 2));
      await store.put(deleted, chunksOf(Buffer.from("deleted"), 2));
      await store.delete([deleted]);
      const found = new Map<string, number>();
      for await (const segment of store.list()) found.set(segment.key, segment.bytes);
      expect(found.get(kept)).toBe(4);
      expect(found.has(deleted)).toBe(false);
    });

    test("a write that goes on is listed as unfinished; removed, it fails and leaves nothing", async () => {
      const key = newKey();
      const source = async function* () {
        for (let n = 0; n < 20; n += 1) yield Buffer.alloc(1_048_576);
        const writes = [];
        for await (const write of store.listUnfinished()) writes.push(write);
        const write = writes.find((one) => one.key === key);
        expect(Math.abs(Date.now() - write!.startedAt.getTime())).toBeLessThan(60_000);
        await store.removeUnfinished(write!);
        await store.removeUnfinished(write!);
        yield Buffer.alloc(1_048_576);
      };
      await expect(store.put(key, source())).rejects.toMatchObject({ code: "unavailable" });
      await expect(store.open(key)).rejects.toMatchObject({ code: "not_found" });
      expect(await unfinishedKeys()).not.toContain(key);
    });
  });
}
