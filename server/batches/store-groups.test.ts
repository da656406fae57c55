import { expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { createByteBudget } from "#server/blobs/byte-budget.ts";
import { storeGroups } from "./store-groups.ts";

interface Group {
  n: number;
  heldBytes: number;
}

/** How far a source of `count` groups was read, and how many of them were in work at one time. */
function watch({ count = 40, heldBytes = 1, maxBytes = 1_000 } = {}) {
  let pulled = 0;
  let running = 0;
  const seen = { peak: 0, peakBytes: 0, aheadMost: 0, order: [] as number[] };
  const source = async function* (): AsyncGenerator<Group> {
    while (pulled < count) {
      pulled += 1;
      seen.aheadMost = Math.max(seen.aheadMost, pulled - seen.order.length);
      yield { n: pulled, heldBytes };
    }
  };
  const run = (concurrency: number, work: (group: Group) => Promise<void> = async () => {}) =>
    storeGroups(source(), {
      concurrency,
      budget: createByteBudget(maxBytes),
      async store(group) {
        running += 1;
        seen.peak = Math.max(seen.peak, running);
        seen.peakBytes = Math.max(seen.peakBytes, running * heldBytes);
        // Later ones end first.
        for (let tick = group.n % 5; tick >= 0; tick -= 1) await Promise.resolve();
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        try {
          await work(group);
        } finally {
          running -= 1;
          seen.order.push(group.n);
        }
      },
    });
  return { run, seen, pulled: () => pulled };
}

test.each([1, 2, 10, 100])(
  "at most %i are stored at one time, and no more is read ahead",
  async (n) => {
    const { run, seen } = watch();
    await run(n);
    expect(seen.peak).toBe(Math.min(n, 40));
    expect(seen.aheadMost).toBeLessThanOrEqual(n + 1);
    expect(seen.order.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 40 }, (_, i) => i + 1),
    );
  },
);

test("one at a time is strictly one after the other", async () => {
  const { run, seen } = watch();
  await run(1);
  expect(seen.order).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
});

test("what is held stays within the budget, whatever the concurrency", async () => {
  const { run, seen } = watch({ heldBytes: 300, maxBytes: 1_000 });
  await run(10);
  expect(seen.peakBytes).toBe(900);
});

test("a failure is told when all that began has ended, and ends the reading", async () => {
  const { run, seen, pulled } = watch();
  const others = createDeferred<void>();
  let isSettled = false;
  const running = run(4, async ({ n }) => {
    if (n === 2) throw new Error("The store is away");
    await others.promise;
  }).finally(() => (isSettled = true));
  await new Promise((resolve) => {
    setTimeout(resolve, 20);
  });
  expect(isSettled).toBe(false);
  others.resolve();
  await expect(running).rejects.toThrow("The store is away");
  expect(seen.order).toHaveLength(
    pulled() - 1 < seen.order.length ? seen.order.length : pulled() - 1,
  );
  expect(pulled()).toBeLessThan(8);
});

test("a source that breaks is told when all that it brought is stored", async () => {
  const stored: number[] = [];
  const broken = async function* (): AsyncGenerator<Group> {
    yield { n: 1, heldBytes: 1 };
    yield { n: 2, heldBytes: 1 };
    throw new Error("The connection is gone");
  };
  const storing = storeGroups(broken(), {
    concurrency: 10,
    budget: createByteBudget(10),
    async store({ n }) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      stored.push(n);
    },
  });
  await expect(storing).rejects.toThrow("The connection is gone");
  expect(stored).toEqual([1, 2]);
});
