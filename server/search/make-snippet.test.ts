import { expect, test } from "vitest";
import { findRanges, makeSnippet } from "./make-snippet.ts";
import { parseSearch } from "./parse-search.ts";

const marked = (text: string, query: string) =>
  findRanges(text, parseSearch(query)).map(({ start, end }) => text.slice(start, end));

test.each([
  ["Fix the login, then login again", "login ", ["login", "login"]],
  ["Fix the login page", '"the login"', ["the login"]],
  ["the page, login", '"the login"', []],
  ["logins and Logging", "log", ["log", "Log"]],
  ["server/items/write-items.ts", "write-items.ts ", ["write-items.ts"]],
  ["call readItemsAfter", "items ", ["Items"]],
  ["one two one", "one or two ", ["one", "two", "one"]],
  ["fix this, not that", "fix -that", ["fix"]],
  ["日本語のテスト", "本語 ", ["本語"]],
  ["a C++ program", "C++ ", ["C"]],
  ["xabcx", "abc", ["abc"]],
])("in %j, %j marks %j", (text, query, expected) => {
  expect(marked(text, query)).toEqual(expected);
});

test("ranges count as browsers do when characters beyond 16 bits stand before the find", () => {
  const { text, ranges } = makeSnippet("🙂 𝒜 needle 🙂", parseSearch("needle "));
  expect(ranges.map(({ start, end }) => text.slice(start, end))).toEqual(["needle"]);
});

test("a snippet is cut around what was found, never through a character", () => {
  for (let shift = 0; shift < 4; shift += 1) {
    const source = `${"x".repeat(shift)}${"🙂".repeat(400)} needle ${"🙂".repeat(400)}`;
    const { text, ranges } = makeSnippet(source, parseSearch("needle "));
    expect(text).not.toMatch(/\p{Surrogate}/u);
    expect(text.length).toBeLessThan(240);
    expect(ranges.map(({ start, end }) => text.slice(start, end))).toEqual(["needle"]);
  }
});

test("the place with most finds is shown", () => {
  const source = `alpha ${"filler ".repeat(100)} alpha beta ${"filler ".repeat(100)}`;
  const { text, ranges } = makeSnippet(source, parseSearch("alpha beta "));
  expect(ranges.map(({ start, end }) => text.slice(start, end))).toEqual(["alpha", "beta"]);
  expect(text.startsWith("… ")).toBe(true);
  expect(text.endsWith(" …")).toBe(true);
});

test("where nothing is found the text begins", () => {
  expect(makeSnippet("Some  text\n here", parseSearch("other "))).toEqual({
    text: "Some text here",
    ranges: [],
  });
});
