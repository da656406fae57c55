import { afterAll, beforeAll, expect, test } from "vitest";
import type { ItemInput } from "./item-input.ts";
import { openItemsTest, part, type ItemsTest } from "./testing/item-session.ts";
import { writeItems } from "./write-items.ts";

const MIB = 1024 * 1024;
const ITEM_BYTES = 40_000_000;
const ITEM_COUNT = 40;

let context: ItemsTest;
beforeAll(async () => {
  context = await openItemsTest();
});
afterAll(() => context.close());

test("1.6 GB in items of 40 MB take no more memory than a few of them", async () => {
  const session = await context.createSession();
  let peakBytes = 0;
  async function* source(): AsyncGenerator<ItemInput> {
    for (let n = 0; n < ITEM_COUNT; n += 1) {
      const body = Buffer.alloc(ITEM_BYTES, "x");
      body.write(`"${n} `);
      body.write('"', ITEM_BYTES - 1);
      yield { ...part("m1", `p${n}`), body };
      yield part("m1", `s${n}`);
      peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
    }
  }
  const startBytes = process.memoryUsage.rss();
  const { results } = await writeItems(context, { ...session, items: source() });
  expect(results.filter((result) => result.outcome === "stored")).toHaveLength(2 * ITEM_COUNT);
  expect(peakBytes - startBytes).toBeLessThan(250 * MIB);
});
