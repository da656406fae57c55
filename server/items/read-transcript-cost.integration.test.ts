import { beforeAll, expect, test } from "vitest";
import type { ItemInput } from "./item-input.ts";
import { readOutline } from "./read-outline.ts";
import { readPage } from "./read-page.ts";
import { message, part } from "./testing/item-session.ts";
import { useItemsTest } from "./testing/use-items-test.ts";
import { watchReads } from "./testing/watch-reads.ts";

const harness = useItemsTest();

const TURNS = 500;
const MESSAGES = 10;
/** Rows that a window may touch, wherever it is: a few for each of its hundred items. */
const TOUCHED_MAX = 1_200;
let large: { sessionId: string; generation: number };

beforeAll(async () => {
  large = await harness.context.createSession();
  harness.session = large;
  for (let turn = 0; turn < TURNS; turn += 50)
    await harness.write(Array.from({ length: 50 }, (_, n) => turnItems(turn + n)).flat());
});

function turnItems(turn: number): ItemInput[] {
  return Array.from({ length: MESSAGES }, (_, n) => {
    const id = `m${turn}.${n}`;
    const role = n === 0 ? "user" : "assistant";
    return [
      message(id, { role, time: { created: turn * 100 + n } }),
      ...["a", "b", "c"].map((name) => part(id, `${id}${name}`)),
    ];
  }).flat();
}

test.each([
  { around: "start" },
  { around: "m250.5" },
  { around: "end" },
  { before: "m480.3" },
  { after: "m20.3/m20.3b" },
  { around: "m250.0", only: "answers" },
] as const)("a window of 20,000 items touches no more rows at %o than it shows", async (place) => {
  const { touched, database } = watchReads(harness.context.database);
  const page = await readPage(database, large, place);
  expect(page.items.length).toBeGreaterThan(30);
  expect(touched.bySequence).toBe(0);
  expect(touched.byIndex).toBeLessThan(TOUCHED_MAX);
});

test("a page of the outline touches the messages and parts of its turns", async () => {
  const { touched, database } = watchReads(harness.context.database);
  const page = await readOutline(database, { ...large, after: "m250.0", maxCount: 20 });
  expect(page.entries).toHaveLength(20);
  expect(touched.bySequence).toBe(0);
  expect(touched.byIndex).toBeLessThan(20 * MESSAGES * 8);
});
