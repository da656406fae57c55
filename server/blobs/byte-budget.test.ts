import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { createByteBudget, createShare } from "./byte-budget.ts";

/** Names of those who have been let in, in order. */
function createQueue(budget: ReturnType<typeof createByteBudget>) {
  const admitted: string[] = [];
  return {
    admitted,
    wait: (name: string, bytes: number) => void budget.wait(bytes).then(() => admitted.push(name)),
  };
}

test("nobody waits as long as there is room", async () => {
  const budget = createByteBudget(10);
  await budget.wait(4);
  expect(budget.take(6)).toBe(true);
  expect(budget.take(1)).toBe(false);
  budget.give(6);
  expect(budget.take(6)).toBe(true);
});

test("who waits is let in in turn, also before those who need less", async () => {
  const budget = createByteBudget(10);
  const { admitted, wait } = createQueue(budget);
  await budget.wait(10);
  wait("large", 8);
  wait("small", 1);
  wait("last", 2);
  budget.give(5);
  await setImmediate();
  expect(admitted).toEqual([]);
  expect(budget.take(1)).toBe(false);
  budget.give(5);
  await setImmediate();
  expect(admitted).toEqual(["large", "small"]);
  budget.give(8);
  await setImmediate();
  expect(admitted).toEqual(["large", "small", "last"]);
});

test("whoever is alone goes on, however much it needs", async () => {
  const budget = createByteBudget(10);
  await budget.wait(100);
  const { admitted, wait } = createQueue(budget);
  wait("next", 200);
  await setImmediate();
  expect(admitted).toEqual([]);
  budget.give(100);
  await setImmediate();
  expect(admitted).toEqual(["next"]);
});

test("those who never give back hold up others for a while only", async () => {
  const budget = createByteBudget(10, { patienceMs: 5 });
  await budget.wait(10);
  await Promise.all([budget.wait(10), budget.wait(10)]);
  expect(budget.take(1)).toBe(false);
  budget.give(29);
  expect(budget.take(9)).toBe(true);
});

test("a share gives back what is left of it", async () => {
  const budget = createByteBudget(10);
  const share = createShare(budget);
  await share.wait(6);
  await share.wait(4);
  share.give(3);
  share.giveAll();
  share.giveAll();
  expect(budget.take(10)).toBe(true);
});
