import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { type ByteBudget, createByteBudget } from "./byte-budget.ts";
import { gatherPieces } from "./gather-pieces.ts";

const bytes = Buffer.from(Array.from({ length: 100 }, (_, n) => n));
const held = createByteBudget(1_000);

async function* inChunks(chunkBytes: number, error?: Error) {
  for (let start = 0; start < bytes.byteLength; start += chunkBytes)
    yield bytes.subarray(start, start + chunkBytes);
  if (error) throw error;
}

describe.each([1, 2, 3, 7, 64])("in chunks of %i", (chunkBytes) => {
  test("pieces are as large as asked, each at its time, and the last one shorter", async () => {
    const wanted = [30, 10, 25, 50];
    const pieces: Buffer[] = [];
    const maxBytes = () => wanted[pieces.length] ?? 1;
    for await (const piece of gatherPieces(inChunks(chunkBytes), {
      maxBytes,
      maxHeldMs: 60_000,
      held,
    })) {
      pieces.push(Buffer.concat(piece.chunks));
      expect(piece.bytes).toBe(pieces.at(-1)?.byteLength);
    }
    expect(pieces.map((piece) => piece.byteLength)).toEqual([30, 10, 25, 35]);
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });

  test("what came before a failure comes first", async () => {
    const pieces: Buffer[] = [];
    const source = inChunks(chunkBytes, new RangeError("the line broke"));
    const gather = async () => {
      for await (const piece of gatherPieces(source, {
        maxBytes: () => 64,
        maxHeldMs: 60_000,
        held,
      }))
        pieces.push(Buffer.concat(piece.chunks));
    };
    await expect(gather()).rejects.toThrow("the line broke");
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });
});

test("an empty stream has no piece", async () => {
  const source = async function* () {};
  const pieces = gatherPieces(source(), { maxBytes: () => 1, maxHeldMs: 1, held });
  expect((await pieces.next()).done).toBe(true);
});

test("bytes are not held back by a source that says nothing more", async () => {
  const more = createDeferred<void>();
  async function* source() {
    yield Buffer.from("first");
    await more.promise;
    yield Buffer.from("second");
  }
  const pieces = gatherPieces(source(), { maxBytes: () => 100, maxHeldMs: 5, held });
  const first = await pieces.next();
  expect(Buffer.concat(first.value?.chunks ?? []).toString()).toBe("first");
  more.resolve();
  expect(Buffer.concat((await pieces.next()).value?.chunks ?? []).toString()).toBe("second");
  expect((await pieces.next()).done).toBe(true);
});

test("whoever stops in the middle does not wait for a silent source", async () => {
  async function* source() {
    yield Buffer.from("x");
    await new Promise(() => {});
  }
  for await (const piece of gatherPieces(source(), { maxBytes: () => 100, maxHeldMs: 1, held })) {
    expect(piece.bytes).toBe(1);
    break;
  }
});

describe("many at one time", () => {
  /** How much was taken at most. */
  function watch(budget: ByteBudget) {
    let takenBytes = 0;
    const watched = {
      ...budget,
      mostBytes: 0,
      note(count: number) {
        takenBytes += count;
        watched.mostBytes = Math.max(watched.mostBytes, takenBytes);
      },
      take(count: number) {
        const isTaken = budget.take(count);
        if (isTaken) watched.note(count);
        return isTaken;
      },
      async wait(count: number) {
        await budget.wait(count);
        watched.note(count);
      },
      give(count: number) {
        watched.note(-count);
        budget.give(count);
      },
    };
    return watched;
  }

  test.each([10, 50, 90, 1_000])(
    "share room of %i bytes, and all come to their end",
    async (room) => {
      const narrow = watch(createByteBudget(room));
      const gather = async () => {
        const pieces: Buffer[] = [];
        const options = { maxBytes: () => 40, maxHeldMs: 60_000, held: narrow };
        for await (const piece of gatherPieces(inChunks(7), options)) {
          pieces.push(Buffer.concat(piece.chunks));
          await setImmediate();
        }
        return Buffer.concat(pieces);
      };
      const all = await Promise.all(Array.from({ length: 20 }, gather));
      for (const one of all) expect(one.equals(bytes)).toBe(true);
      // Whoever is alone may have the room of one turn.
      expect(narrow.mostBytes).toBeLessThanOrEqual(Math.max(room, 40));
      expect(narrow.take(room)).toBe(true);
    },
  );

  test("whoever stops, or breaks, gives its room back", async () => {
    const narrow = createByteBudget(100);
    const options = { maxBytes: () => 40, maxHeldMs: 60_000, held: narrow };
    for await (const _ of gatherPieces(inChunks(7), options)) break;
    const broken = gatherPieces(inChunks(7, new RangeError("the line broke")), options);
    await expect(async () => {
      for await (const _ of broken);
    }).rejects.toThrow("the line broke");
    expect(narrow.take(100)).toBe(true);
  });
});
