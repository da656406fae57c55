import { expect, test } from "vitest";
import { commandKey } from "./command-key.ts";

test.each([
  ["MacIntel", "⌘"],
  ["iPhone", "⌘"],
  ["Linux x86_64", "Ctrl"],
  ["Win32", "Ctrl"],
  ["", "Ctrl"],
])("on %j commands are given with %s", (platform, key) => {
  expect(commandKey(platform)).toBe(key);
});
