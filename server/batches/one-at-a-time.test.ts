import { expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { oneAtATime } from "./one-at-a-time.ts";

const { signal } = new AbortController();

function start() {
  const begun: string[] = [];
  const again: string[] = [];
  const ends = new Map<string, ReturnType<typeof createDeferred<void>>>();
  const call = oneAtATime({
    async work(key) {
      begun.push(key);
      const end = createDeferred<void>();
      ends.set(key, end);
      await end.promise;
    },
    async again(key) {
      again.push(key);
    },
  });
  return { call, begun, again, end: (key: string) => ends.get(key)?.resolve(), ends };
}

test("who comes while a key is worked on ends at once, and all of them ask for one more time", async () => {
  const { call, begun, again, end } = start();
  const first = call("a", signal);
  await Promise.all([call("a", signal), call("a", signal)]);
  const other = call("b", signal);
  expect(begun).toEqual(["a", "b"]);
  end("a");
  end("b");
  await Promise.all([first, other]);
  expect(again).toEqual(["a"]);
});

test("a key is free again when its work has ended, or failed", async () => {
  const { call, begun, again, end, ends } = start();
  const first = call("a", signal);
  ends.get("a")?.reject(new Error("No"));
  await expect(first).rejects.toThrow("No");
  const second = call("a", signal);
  end("a");
  await second;
  expect(begun).toEqual(["a", "a"]);
  expect(again).toEqual([]);
});
