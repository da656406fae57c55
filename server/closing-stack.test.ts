import { expect, test } from "vitest";
import { createClosingStack } from "./closing-stack.ts";

test("closes what was opened last first, each after the other, and once", async () => {
  const stack = createClosingStack();
  const closed: string[] = [];
  const close = async (name: string) => {
    await Promise.resolve();
    closed.push(name);
  };
  expect(stack.add("database", close)).toBe("database");
  stack.add("queue", close);
  await stack.close();
  await stack.close();
  expect(closed).toEqual(["queue", "database"]);
});

test("one that fails does not keep the others open", async () => {
  const stack = createClosingStack();
  let isClosed = false;
  stack.add("database", () => (isClosed = true));
  stack.add("queue", () => Promise.reject(new Error("The queue stays")));
  await expect(stack.close()).rejects.toThrow("The queue stays");
  expect(isClosed).toBe(true);
});
