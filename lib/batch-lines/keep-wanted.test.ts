import { expect, test } from "vitest";
import { type ArrivedLines, keepWanted } from "./keep-wanted.ts";

const lines = Array.from({ length: 10 }, (_, index) => ({ index }));

const nothing: ArrivedLines = {
  missing: [],
  unreadable: [],
  received: 0,
  expectedCount: null,
};
const wanted = (arrived: Partial<ArrivedLines>, some = lines) =>
  keepWanted(some, { ...nothing, ...arrived }).map(({ index }) => index);

test("only what is missing, or could not be read, goes again, in the order of the lines", () => {
  const expected = { expectedCount: 10, received: 6 };
  const missing: [number, number][] = [
    [1, 3],
    [8, 8],
  ];
  expect(wanted({ ...expected, missing })).toEqual([1, 2, 3, 8]);
  expect(wanted({ ...expected, missing }, lines.toReversed())).toEqual([8, 3, 2, 1]);
  expect(wanted({ ...expected, missing: [], received: 10, unreadable: [4, 7] })).toEqual([4, 7]);
  expect(wanted({ ...expected, missing: [], received: 10 })).toEqual([]);
});

test("where no end is known, what lies behind it goes too", () => {
  expect(wanted({})).toHaveLength(10);
  expect(wanted({ received: 4, missing: [[2, 2]] })).toEqual([2, 5, 6, 7, 8, 9]);
});
