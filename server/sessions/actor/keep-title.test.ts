import { expect, test } from "vitest";
import { keepTitle } from "./keep-title.ts";

function titleStore() {
  const stored: string[] = [];
  const open: (() => void)[] = [];
  const store = (title: string) => {
    stored.push(title);
    return new Promise<void>((resolve) => open.push(resolve));
  };
  const finish = async () => {
    open.shift()!();
    // What waits for it runs in microtasks.
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { stored, open, take: keepTitle(store), finish };
}

test("while a title is being stored, only the last of those that come waits", async () => {
  const { stored, open, take, finish } = titleStore();
  for (let count = 1; count <= 50_000; count += 1) take(`Title ${count}`);
  expect(stored).toEqual(["Title 1"]);
  await finish();
  expect(stored).toEqual(["Title 1", "Title 50000"]);
  await finish();
  expect(open).toEqual([]);
});

test("the same title is stored once, and again after another one", async () => {
  const { stored, take, finish } = titleStore();
  take("One");
  await finish();
  take("One");
  expect(stored).toEqual(["One"]);
  take("Two");
  await finish();
  take("One");
  await finish();
  expect(stored).toEqual(["One", "Two", "One"]);
});
