import { expect, test } from "vitest";
import { parseSecretKeys } from "./parse-secret-keys.ts";

const key = Buffer.alloc(32, 7).toString("base64");

test("keys keep their order and their bytes", () => {
  const keys = parseSecretKeys(`new:${key}, old:${key}`);
  expect(keys.map(({ id }) => id)).toEqual(["new", "old"]);
  expect(keys[0]?.key).toEqual(Buffer.alloc(32, 7));
});

test.each([
  ["new", "key 1 is not 32 bytes"],
  [`new:${key},hunter2hunter2`, "key 2 is not 32 bytes"],
  [`new:${Buffer.alloc(16).toString("base64")}`, "key 1 is not 32 bytes"],
  [`new:${key},new:${key}`, "two keys alike"],
  [`database:${key}`, 'must not call a key "database"'],
])("%j is refused without repeating it", (text, message) => {
  expect(() => parseSecretKeys(text)).toThrow(message);
  expect(() => parseSecretKeys(text)).not.toThrow(/hunter2/);
});
