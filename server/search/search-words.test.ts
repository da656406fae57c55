import { expect, test } from "vitest";
import { innerTokens, toSearchWords, tokenize } from "./search-words.ts";

test.each([
  ["server/items/write-items.ts:12", "server items write items ts 12"],
  ["Grüße — “schön”", "grüße schön"],
  ["snake_case and kebab-case", "snake case and kebab case"],
  ["", ""],
  ["!?…", ""],
  // Fullwidth and decomposed letters are what they look like.
  ["ＡＢＣ e\u0301", "abc é"],
  ["日本語 test", "日 本 語 test"],
])("the words of %j are %j", (text, words) => {
  expect(toSearchWords(text)).toBe(words);
});

test("names in camel case are found by their parts, which stand after the words", () => {
  expect(toSearchWords("call readItemsAfter then HTTPServer")).toBe(
    "call readitemsafter then httpserver read items after http server",
  );
});

test("what is too long for a word is none", () => {
  expect(toSearchWords(`a ${"x".repeat(101)} b`)).toBe("a b");
});

test("tokens tell where they stand in UTF-16 units, also after characters beyond them", () => {
  const text = "🙂🙂 fooBar";
  const [token] = [...tokenize(text)];
  expect(token).toEqual({ start: 5, end: 11, word: "foobar" });
  expect(innerTokens(text, token!)).toEqual([
    { start: 5, end: 8, word: "foo" },
    { start: 8, end: 11, word: "bar" },
  ]);
});
