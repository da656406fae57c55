import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { WireItem } from "#lib/live-protocol.ts";
import { SOCKET_INLINE_MAX_BYTES } from "#lib/limits.ts";
import type { ItemInput } from "./item-input.ts";
import { readItemsAfter } from "./read-items-after.ts";
import { message, part } from "./testing/item-session.ts";
import { useItemsTest } from "./testing/use-items-test.ts";

const harness = useItemsTest();

const write = (...items: ItemInput[]) => harness.write(items);
const sized = (partId: string, bytes: number): ItemInput => ({
  ...part("m1", partId),
  body: JSON.stringify("x".repeat(bytes - 2)),
});

describe("the change log", () => {
  const after = (afterSeq: number, maxCount = 100, maxBytes = 1_000_000) =>
    readItemsAfter(harness.context.database, { ...harness.session, afterSeq, maxCount, maxBytes });

  test("brings items in order, the end says so, and an empty session is done", async () => {
    expect(await after(0)).toEqual({ items: [], moved: [], done: true });
    const { lastSeq } = await write(message("m1"), part("m1", "p1", "é"));
    const { items, done } = await after(0);
    expect(done).toBe(true);
    expect(items[1]).toEqual({
      type: "part",
      messageId: "m1",
      partId: "p1",
      firstSeq: lastSeq,
      seq: lastSeq,
      body: '{"type":"text","text":"é"}',
      byteSize: 27,
      preview: null,
      deleted: false,
    });
    expect(await after(lastSeq)).toMatchObject({ items: [], done: true });
  });

  test("pages of any size bring everything once, newest values only", async () => {
    const history = fc.array(
      fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.integer({ min: 3, max: 2_000 })),
      { minLength: 1, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(
        history,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4_000 }),
        async (writes, maxCount, maxBytes) => {
          await harness.startSession();
          for (const [id, bytes] of writes) await write(sized(id, bytes));
          const seen: WireItem[] = [];
          for (let done = false; !done;) {
            const page = await after(seen.at(-1)?.seq ?? 0, maxCount, maxBytes);
            expect(page.items.length).toBeGreaterThan(0);
            expect(page.items.length).toBeLessThanOrEqual(maxCount);
            const bytes = page.items.reduce((sum, item) => sum + item.byteSize, 0);
            expect(page.items.length === 1 || bytes <= maxBytes).toBe(true);
            seen.push(...page.items);
            done = page.done;
          }
          const last = new Map(writes);
          expect(new Map(seen.map((item) => [item.partId, item.byteSize]))).toEqual(last);
          expect(seen).toHaveLength(last.size);
          expect(seen.map((item) => item.seq)).toEqual(
            seen.map((item) => item.seq).toSorted((one, other) => one - other),
          );
        },
      ),
      { numRuns: 25 },
    );
  });

  test("a page that ends exactly at the last item is done, one before it is not", async () => {
    await write(part("m1", "a"), part("m1", "b"), part("m1", "c"));
    expect(await after(0, 3)).toMatchObject({ done: true, items: { length: 3 } });
    expect(await after(0, 2)).toMatchObject({ done: false, items: { length: 2 } });
  });

  test("from 65,536 bytes on a body is a preview, whether it is in the row or in a blob", async () => {
    await write(
      sized("a", SOCKET_INLINE_MAX_BYTES),
      sized("b", SOCKET_INLINE_MAX_BYTES + 1),
      { ...part("m1", "c"), body: JSON.stringify("🦉".repeat(30_000)) },
      sized("d", 3_000_000),
    );
    const { items } = await after(0);
    expect(
      items.map((item) => [
        item.body?.length ?? null,
        item.preview && Buffer.byteLength(item.preview),
      ]),
    ).toEqual([
      [SOCKET_INLINE_MAX_BYTES, null],
      [null, 8_192],
      [null, 8_189],
      [null, 8_192],
    ]);
  });

  test("a deleted item is told, without a body", async () => {
    await write(part("m1", "p1"));
    const { lastSeq } = await write({ ...part("m1", "p1"), deleted: true });
    expect((await after(0)).items).toMatchObject([
      { seq: lastSeq, deleted: true, body: null, preview: null },
    ]);
  });

  test("a message that found its place is told as often as its first write is in the page", async () => {
    const first = await write(part("m1", "p1"));
    const second = await write(message("m1", { time: { created: 5 } }));
    expect((await after(0)).moved).toEqual([{ messageId: "m1", sortKey: "0000000000000005" }]);
    expect((await after(first.lastSeq)).moved).toHaveLength(1);
    await write(message("m1", { time: { created: 5 }, cost: 1 }));
    expect((await after(second.lastSeq)).moved).toEqual([]);
  });

  test("another generation sees nothing of this one", async () => {
    await write(part("m1", "p1"));
    harness.session = { ...harness.session, generation: 2 };
    expect(await after(0)).toEqual({ items: [], moved: [], done: true });
  });
});
