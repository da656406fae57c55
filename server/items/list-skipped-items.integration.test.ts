import { expect, test } from "vitest";
import type { ItemInput } from "./item-input.ts";
import { listSkippedItems } from "./list-skipped-items.ts";
import { part } from "./testing/item-session.ts";
import { useItemsTest } from "./testing/use-items-test.ts";

const harness = useItemsTest();

const write = (...items: ItemInput[]) => harness.write(items);

test("what was skipped is listed in order, page by page", async () => {
  await write(...["p1", "p2", "p3"].map((id) => ({ ...part("m1", id), body: "" })));
  const first = await listSkippedItems(harness.context.database, {
    ...harness.session,
    maxCount: 2,
  });
  const rest = await listSkippedItems(harness.context.database, {
    ...harness.session,
    maxCount: 2,
    afterId: first.at(-1)!.id,
  });
  expect([...first, ...rest].map((item) => item.partId)).toEqual(["p1", "p2", "p3"]);
  expect(first[0]).toMatchObject({ itemIndex: 0, byteSize: 0, reason: "The item is empty" });
});
