import { expect, test } from "vitest";
import { firstWords } from "./first-words.ts";

test.each([
  ["Fix the flaky test", "Fix the flaky test"],
  ["  Fix\n\nthe   test ", "Fix the test"],
  ["Fix the flaky test in the parser and then the docs", "Fix the flaky test in the parser and …"],
  ["x".repeat(100_000), `${"x".repeat(40)} …`],
])("names a text by its first words", (text, words) => expect(firstWords(text)).toBe(words));
