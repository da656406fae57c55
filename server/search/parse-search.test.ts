import { expect, test } from "vitest";
import { parseSearch, toTsQuery } from "./parse-search.ts";

test.each([
  ["fix login", "('fix') & ('login':*)"],
  ["fix login ", "('fix') & ('login')"],
  ['"fix login"', "('fix' <-> 'login')"],
  ['"fix login', "('fix' <-> 'login')"],
  ["fix -login", "('fix') & !('login')"],
  ['fix -"the login"', "('fix') & !('the' <-> 'login')"],
  ["fix or mend it", "('fix') | ('mend') & ('it':*)"],
  ["log* in ", "('log':*) & ('in')"],
  ["write-items.ts ", "('write' <-> 'items' <-> 'ts')"],
  ["Ünïcode\u00a0x ", "('ünïcode') & ('x')"],
])("%j asks for %s", (query, asked) => {
  expect(toTsQuery(parseSearch(query))).toBe(asked);
});

test.each(["", "   ", '"', '""', "-", "-only -without", "or", "or or", "!!! &&& | <-> :* ()", "*"])(
  "%j asks for nothing, and is no mistake",
  (query) => {
    expect(toTsQuery(parseSearch(query))).toBeNull();
  },
);

test("what has no letters is still looked for in titles", () => {
  expect(parseSearch("++ ")).toEqual([
    [{ literal: "++", words: [], isPrefix: false, isNegated: false }],
  ]);
});

test("a query that never ends asks for its beginning", () => {
  expect(parseSearch("word ".repeat(1_000)).flat()).toHaveLength(32);
});
