import { expect, test } from "vitest";
import { fitsPattern, isPattern } from "./fits-pattern.ts";

test("a pattern is found anywhere in the text, unless it says where", () => {
  expect(fitsPattern("b", "abc")).toBe(true);
  expect(fitsPattern("^b", "abc")).toBe(false);
});

test("one that does not end is given up, and held against nobody", () => {
  expect(fitsPattern("^(a+)+$", `${"a".repeat(5_000)}b`)).toBe(true);
});

test("what is no pattern is none", () => {
  expect(["^a$", "(", "\0", 3, "a".repeat(1_001)].map(isPattern)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
});
