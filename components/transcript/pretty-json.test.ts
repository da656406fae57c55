import { expect, test } from "vitest";
import { prettyJson } from "./pretty-json.ts";

test.each([null, 1, "a", [], {}, [1, [2, {}]], { a: { b: ["c", null] }, d: "\u0000" }])(
  "%j is written as JSON.stringify does",
  (value) => {
    expect(prettyJson(value)).toEqual({ text: JSON.stringify(value, null, 2), isCut: false });
  },
);

test("text that would grow too long ends early and says so", () => {
  const { text, isCut } = prettyJson(
    Array.from({ length: 1_000 }, () => "x".repeat(100)),
    5_000,
  );
  expect(isCut).toBe(true);
  expect(text.length).toBeLessThanOrEqual(5_002);
  expect(text.endsWith("…")).toBe(true);
});

test("five hundred levels stay near the length of what is in them", () => {
  let value: unknown = Array.from({ length: 2_000 }, (_, index) => index);
  for (let level = 0; level < 500; level += 1) value = [value];
  expect(prettyJson(value).text.length).toBeLessThan(250_000);
});
