import { afterAll, beforeAll, expect, test } from "vitest";
import type { ItemInput } from "./item-input.ts";
import { message, openItemsTest, part, type ItemsTest } from "./testing/item-session.ts";
import { writeItemStream } from "./write-items.ts";

const MIB = 1024 * 1024;
const ITEM_BYTES = 40_000_000;
const ITEM_COUNT = 40;
const MANY = 1_000_000;
const PARTS_OF_A_MESSAGE = 40;

let context: ItemsTest;
beforeAll(async () => {
  context = await openItemsTest();
});
afterAll(() => context.close());

/** Stores all of `items` in a new session: how many, and how much the process grew meanwhile. */
async function measure(items: Iterable<ItemInput>): Promise<{ count: number; grownBytes: number }> {
  const session = await context.createSession();
  let count = 0;
  let peakBytes = 0;
  const startBytes = process.memoryUsage.rss();
  await writeItemStream(context, { ...session, items }, ({ results }) => {
    count += results.filter((result) => result.outcome === "stored").length;
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  });
  return { count, grownBytes: peakBytes - startBytes };
}

test("1.6 GB in items of 40 MB take no more memory than a few of them", async () => {
  function* items(): Generator<ItemInput> {
    for (let n = 0; n < ITEM_COUNT; n += 1) {
      const body = Buffer.alloc(ITEM_BYTES, "x");
      body.write(`"${n} `);
      body.write('"', ITEM_BYTES - 1);
      yield { ...part("m1", `p${n}`), body };
      yield part("m1", `s${n}`);
    }
  }
  const { count, grownBytes } = await measure(items());
  expect(count).toBe(2 * ITEM_COUNT);
  expect(grownBytes).toBeLessThan(250 * MIB);
});

test("a million items take no more memory than a few batches", async () => {
  const text = "a".repeat(480);
  function* items(): Generator<ItemInput> {
    for (let n = 0; n < MANY; n += 1) {
      const messageId = `m${Math.floor(n / PARTS_OF_A_MESSAGE)}`;
      yield n % PARTS_OF_A_MESSAGE === 0 ? message(messageId) : part(messageId, `p${n}`, text);
    }
  }
  const { count, grownBytes } = await measure(items());
  expect(count).toBe(MANY);
  expect(grownBytes).toBeLessThan(150 * MIB);
});
