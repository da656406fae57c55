import { expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { together } from "./together.ts";

function createWork(callsMax = 3) {
  const seen: string[] = [];
  let gate = createDeferred<void>();
  const call = together<number, string>({
    callsMax,
    async work(key, items) {
      seen.push(`${key}:${items.join()}`);
      await gate.promise;
      return items.map((item) => `${key}${item}`);
    },
  });
  const next = async (error?: Error) => {
    const { resolve, reject } = gate;
    gate = createDeferred<void>();
    if (error) reject(error);
    else resolve();
    await new Promise((done) => void setImmediate(done));
  };
  return { seen, call, next };
}

test("calls that come while one goes on are one call, and each gets its own answer", async () => {
  const { seen, call, next } = createWork();
  const answers = [
    call("a", [1]),
    call("a", [2, 3]),
    call("a", []),
    call("a", [4]),
    call("a", [5]),
  ];
  const other = call("b", [9]);
  expect(seen).toEqual(["a:1", "b:9"]);
  await next();
  expect(seen.slice(2)).toEqual(["a:2,3,4"]);
  await next();
  expect(seen.slice(3)).toEqual(["a:5"]);
  await next();
  expect(await Promise.all(answers)).toEqual([["a1"], ["a2", "a3"], [], ["a4"], ["a5"]]);
  expect(await other).toEqual(["b9"]);
});

test("a call that fails is not the failure of those who shared it", async () => {
  const { seen, call, next } = createWork();
  const outcomes = Promise.allSettled([1, 2, 3].map((item) => call("a", [item])));
  await next();
  await next(new Error("One of them is broken"));
  await next(new Error("It is this one"));
  await next();
  expect(seen).toEqual(["a:1", "a:2,3", "a:2", "a:3"]);
  expect(await outcomes).toMatchObject([
    { value: ["a1"] },
    { reason: { message: "It is this one" } },
    { value: ["a3"] },
  ]);
  const later = call("a", [5]);
  await next();
  expect(await later).toEqual(["a5"]);
});
