import { expect, test } from "vitest";
import { formatLineRange, parseLineRange } from "./line-range.ts";

test.each([
  ["#prt_a:L10-L20", { partId: "prt_a", fromLine: 10, toLine: 20 }],
  ["#prt_a:L20-10", { partId: "prt_a", fromLine: 10, toLine: 20 }],
  ["prt_a:L7", { partId: "prt_a", fromLine: 7, toLine: 7 }],
  ["#part%20one:L7", { partId: "part one", fromLine: 7, toLine: 7 }],
  ["#prt_a", null],
  ["#prt_a:L0", null],
  ["#prt_a:L1-Lx", null],
  ["#%", null],
  ["", null],
])("%s names lines, or does not", (hash, range) => {
  expect(parseLineRange(hash)).toEqual(range);
});

test("a range that is written is read again", () => {
  for (const range of [
    { partId: "prt_a", fromLine: 1, toLine: 1 },
    { partId: "an id", fromLine: 3, toLine: 9 },
  ])
    expect(parseLineRange(formatLineRange(range))).toEqual(range);
});
