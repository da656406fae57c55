import { describe, expect, test } from "vitest";
import { TextFinder, type FoundText } from "./text-finder.ts";

function find(json: string, text: string, size = json.length): FoundText | null {
  const finder = new TextFinder(text);
  for (let at = 0; at < json.length; at += size) finder.push(json.slice(at, at + size));
  return finder.found;
}

/** Every character by its number. */
const escapeAll = (value: unknown) =>
  JSON.stringify(value).replaceAll(/(?<=")[a-zé ]+(?=")/g, (word) =>
    Array.from(word, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
  );

describe.each([1, 2, 3, 7, 64])("in pieces of %i characters", (size) => {
  test.each([
    ["a needle in hay", "needle", 1],
    ["needleneedle needles", "NEEDLE", 3],
    ["aaaa", "aa", 2],
    ['say "hello"\n\tand C:\\dir/x', '"HELLO"\n\tand c:\\dir/X', 1],
    ["𝒳 pear 😀😀", "😀", 2],
    ["Été", "éTÉ", 1],
    ["a\\", "\\", 1],
    ["nothing", "needle", 0],
  ])("counts in %j how often there is %j", (value, text, count) => {
    const json = JSON.stringify({ text: value, list: [1, { deep: [value] }] });
    expect(find(json, text, size)?.count ?? 0).toBe(count * 2);
    const number = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
    const escaped = JSON.stringify({ text: "?" }).replace("?", () =>
      Array.from({ length: value.length }, (_, n) => number(value[n]!)).join(""),
    );
    expect(find(escaped, text, size)?.count ?? 0).toBe(count);
  });

  test("looks in no name, and in nothing that only machines read", () => {
    const json = JSON.stringify({
      id: "needle",
      needle: 1,
      type: ["needle", { a: "needle" }],
      list: [{ id: "needle" }, "one needle", { callID: "needle", needle: ["two needle"] }],
      role: { x: "needle" },
      last: "three needle",
    });
    expect(find(json, "needle", size)?.count).toBe(3);
  });

  test("shows what stands around the first, on one line", () => {
    const json = JSON.stringify(["x".repeat(200), `${"a\n".repeat(50)}needle${"\tb".repeat(50)}`]);
    expect(find(json, "needle", size)).toEqual({
      count: 1,
      snippet: { before: "a ".repeat(30), match: "needle", after: " b".repeat(30) },
    });
  });
});

test("a text that spans two strings is not there", () => {
  expect(find(JSON.stringify(["nee", "dle"]), "needle")).toBeNull();
  expect(find(escapeAll(["needle"]), "needle")?.count).toBe(1);
});

test("holds no more than what a match takes of a long string", () => {
  const finder = new TextFinder("needle");
  finder.push('{"text":"');
  for (let n = 0; n < 2_000; n += 1) finder.push(`${"hay ".repeat(4_000)}needle`);
  expect(finder.found?.count).toBe(1_999);
  finder.push('"}');
  expect(finder.found?.count).toBe(2_000);
});
