import { expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { inTurn } from "./in-turn.ts";

/** Work that ends when the test says so. */
function createWork() {
  const log: string[] = [];
  const ends = new Map<string, ReturnType<typeof createDeferred<void>>>();
  const run = inTurn<{ name: string; keys: number[] }>(
    ({ keys }) => keys,
    async ({ name }) => {
      log.push(`${name} begins`);
      const deferred = createDeferred<void>();
      ends.set(name, deferred);
      await deferred.promise.finally(() => log.push(`${name} ends`));
    },
  );
  return { log, run, ends };
}

const settled = () => new Promise((resolve) => void setImmediate(resolve));

test("what shares a key goes one after the other, what shares none side by side", async () => {
  const { log, run, ends } = createWork();
  const all = [
    run({ name: "a", keys: [1, 1, 2] }),
    run({ name: "b", keys: [2, 3] }),
    run({ name: "c", keys: [4] }),
    run({ name: "d", keys: [3] }),
  ];
  await settled();
  expect(log).toEqual(["a begins", "c begins"]);
  ends.get("a")?.resolve();
  await settled();
  expect(log.slice(2)).toEqual(["a ends", "b begins"]);
  ends.get("b")?.resolve();
  await settled();
  expect(log.slice(4)).toEqual(["b ends", "d begins"]);
  for (const end of ends.values()) end.resolve();
  await Promise.all(all);
});

test("a failure is told to whoever asked for it, and holds up nobody behind it", async () => {
  const { log, run, ends } = createWork();
  const failing = run({ name: "a", keys: [1] });
  const next = run({ name: "b", keys: [1] });
  await settled();
  ends.get("a")?.reject(new Error("The store is away"));
  await expect(failing).rejects.toThrow("The store is away");
  await settled();
  expect(log).toEqual(["a begins", "a ends", "b begins"]);
  ends.get("b")?.resolve();
  await next;
});
