import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { createHandOver } from "./hand-over.ts";

const chunk = (value: number) => Uint8Array.of(value);

/** What became of a promise so far. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  const pending = nextTurn().then(() => "waits");
  return Promise.race([
    promise.then(
      () => "taken",
      (error: Error) => error.message,
    ),
    pending,
  ]);
}

test("a chunk is taken when it is asked for, and its maker waits until then", async () => {
  const { push, source } = createHandOver();
  const taker = source[Symbol.asyncIterator]();
  const first = push(chunk(1));
  const second = push(chunk(2));
  expect(await stateOf(first)).toBe("waits");
  expect((await taker.next()).value).toEqual(chunk(1));
  expect(await stateOf(first)).toBe("taken");
  expect(await stateOf(second)).toBe("waits");
  expect((await taker.next()).value).toEqual(chunk(2));
  expect(await stateOf(second)).toBe("taken");
});

test("a taker that waits gets the next chunk, and the end", async () => {
  const { push, source, end } = createHandOver();
  const taker = source[Symbol.asyncIterator]();
  const next = taker.next();
  await push(chunk(1));
  expect((await next).value).toEqual(chunk(1));
  const over = taker.next();
  end();
  expect((await over).done).toBe(true);
});

test("what was offered before the end is taken before it", async () => {
  const { push, source, end } = createHandOver();
  const pushed = push(chunk(1));
  end();
  const taken: Uint8Array[] = [];
  for await (const one of source) taken.push(one);
  await pushed;
  expect(taken).toEqual([chunk(1)]);
});

test("a failure releases the makers at once, and the taker hears of it", async () => {
  const { push, source, fail } = createHandOver();
  const parked = push(chunk(1));
  fail(new Error("aborted"));
  await expect(parked).rejects.toThrow("aborted");
  await expect(push(chunk(2))).rejects.toThrow("aborted");
  await expect(source[Symbol.asyncIterator]().next()).rejects.toThrow("aborted");
});

test("a taker that died rejects whoever waits, and whoever comes", async () => {
  const { push, source, close } = createHandOver();
  const parked = push(chunk(1));
  const later = source[Symbol.asyncIterator]();
  close(new Error("disk full"));
  await expect(parked).rejects.toThrow("disk full");
  await expect(push(chunk(2))).rejects.toThrow("disk full");
  expect((await later.next()).done).toBe(true);
});
