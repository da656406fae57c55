import { expect, test } from "vitest";
import { createSlots } from "./slots.ts";

const never = new AbortController().signal;

test("gives out as many places as there are, then in the order of asking", async () => {
  const slots = createSlots(2);
  const first = await slots.take(never);
  await slots.take(never);
  const order: number[] = [];
  const third = slots.take(never).then((free) => {
    order.push(3);
    return free;
  });
  const fourth = slots.take(never).then(() => order.push(4));
  expect(order).toEqual([]);
  first();
  (await third)();
  await fourth;
  expect(order).toEqual([3, 4]);
});

test("a place that is given back twice is one place", async () => {
  const slots = createSlots(1);
  const free = await slots.take(never);
  free();
  free();
  await slots.take(never);
  const leaving = new AbortController();
  const second = slots.take(leaving.signal);
  leaving.abort(new Error("no place"));
  await expect(second).rejects.toThrow("no place");
});

test("whoever gives up leaves the line and takes no place", async () => {
  const slots = createSlots(1);
  const free = await slots.take(never);
  const leaving = new AbortController();
  const left = slots.take(leaving.signal);
  const next = slots.take(never);
  leaving.abort(new Error("gone"));
  await expect(left).rejects.toThrow("gone");
  free();
  await next;
  await expect(slots.take(AbortSignal.abort(new Error("late")))).rejects.toThrow("late");
});
