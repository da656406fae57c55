import { describe, expect, test } from "vitest";
import { JsonTextFinder, parseJsonPointer } from "./json-text-finder.ts";

function find(json: string, pointer: string, chunk: number): string | null {
  const finder = new JsonTextFinder(parseJsonPointer(pointer)!);
  let found = "";
  for (let at = 0; at < json.length; at += chunk) found += finder.push(json.slice(at, at + chunk));
  return finder.isDone ? found : null;
}

const tricky = 'a"b\\\\c\n\u0000ü😀\\"/~{[,:';
const value = {
  id: 7,
  "a/b~c": "slashed",
  text: tricky,
  'te"xt': { text: "other" },
  state: { text: "inner", list: ["zero", ["one", { text: tricky }], "two"], empty: "" },
  last: [null, true, -1e3, "end"],
};

const expected: [string, string | null][] = [
  ["/text", tricky],
  ["/a~1b~0c", "slashed"],
  ['/te"xt/text', "other"],
  ["/state/text", "inner"],
  ["/state/list/0", "zero"],
  ["/state/list/1/1/text", tricky],
  ["/state/list/2", "two"],
  ["/state/empty", ""],
  ["/last/3", "end"],
  ["/id", null],
  ["/state", null],
  ["/last/9", null],
  ["/text/0", null],
  ["/state/list/text", null],
];

describe.each([1, 2, 3, 7, 64])("in chunks of %i", (chunk) => {
  test.each(expected)("finds what is at %s", (pointer, text) => {
    expect(find(JSON.stringify(value), pointer, chunk)).toBe(text);
    expect(find(JSON.stringify(value, null, 2), pointer, chunk)).toBe(text);
    const escaped = JSON.stringify(value).replaceAll("/", "\\/").replaceAll("t", "\\u0074");
    const isKeyword = /\\u0074rue/.test(escaped);
    expect(find(isKeyword ? escaped.replace("\\u0074rue", "true") : escaped, pointer, chunk)).toBe(
      text,
    );
  });

  test("finds a text that is all there is", () => {
    expect(find(JSON.stringify(tricky), "", chunk)).toBe(tricky);
  });

  test("finds the end of a text behind any number of backslashes", () => {
    for (let count = 0; count < 9; count += 1) {
      const text = `${"\\".repeat(count)}"`;
      expect(find(JSON.stringify({ a: text, b: text }), "/b", chunk)).toBe(text);
    }
  });
});

test("a pointer begins with a slash, and knows two escapes", () => {
  expect(parseJsonPointer("")).toEqual([]);
  expect(parseJsonPointer("/")).toEqual([""]);
  expect(parseJsonPointer("/a~01/b")).toEqual(["a~1", "b"]);
  for (const wrong of ["a", "/a~2", "/~"]) expect(parseJsonPointer(wrong)).toBeNull();
});
