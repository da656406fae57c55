import { expect, test } from "vitest";
import { indentJson } from "./indent-json.ts";

test.each([null, -1.5, "a", [], {}, [1, [2, {}], []], { a: { b: ["c", null] }, d: '{"[,:]\\' }])(
  "%j is written as JSON.stringify does",
  (value) => {
    expect(indentJson(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
    expect(indentJson(JSON.stringify(value, null, "\t"))).toBe(JSON.stringify(value, null, 2));
  },
);

test("numbers, names and escapes stay as they came, in their order, and twice where they came twice", () => {
  const members = ['"b": 12345678901234567890', '"2": 1e400', '"1": 1.0', '"1": "\\u00e9\\/"'];
  expect(indentJson(`{${members.join(",")}}`)).toBe(`{\n  ${members.join(",\n  ")}\n}`);
});

test.each(['{"a": 1', "{} {}", "a: 1", "", '{"a": 01}'])("%j is no JSON", (text) => {
  expect(indentJson(text)).toBeNull();
});

test("what would grow too long stays as it is", () => {
  expect(indentJson("[".repeat(50_000) + "]".repeat(50_000))).toBeNull();
});
