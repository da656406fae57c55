import { expect, test } from "vitest";
import { type Arrived, keepWanted, planRequests } from "./plan-requests.ts";
import type { SourceLine } from "./source-line.ts";

const file = new Blob();
const line = (index: number, changes: Partial<SourceLine> = {}): SourceLine => ({
  index,
  isIndexStated: true,
  file,
  start: 0,
  end: 10,
  way: "line",
  name: "",
  ...changes,
});

const nothing: Arrived = {
  missing: [],
  isMissingCut: false,
  unreadable: [],
  received: 0,
  expectedCount: null,
};

const lines = Array.from({ length: 10 }, (_, index) => line(index));
const wanted = (arrived: Partial<Arrived>) =>
  keepWanted(lines, { ...nothing, ...arrived }).map(({ index }) => index);

test("only what is missing, or could not be read, goes again", () => {
  const expected = { expectedCount: 10, received: 6 };
  const missing: [number, number][] = [
    [1, 3],
    [8, 8],
  ];
  expect(wanted({ ...expected, missing })).toEqual([1, 2, 3, 8]);
  expect(wanted({ ...expected, missing: [], received: 10, unreadable: [4, 7] })).toEqual([4, 7]);
  expect(wanted({ ...expected, missing: [], received: 10 })).toEqual([]);
});

test("where no end is known, what lies behind it goes too", () => {
  expect(wanted({})).toHaveLength(10);
  expect(wanted({ received: 4, missing: [[2, 2]] })).toEqual([2, 5, 6, 7, 8, 9]);
});

test("where not all gaps are named, what lies behind the last one that is goes again", () => {
  const missing: [number, number][] = [
    [0, 0],
    [4, 4],
  ];
  expect(wanted({ missing, isMissingCut: true, received: 2, expectedCount: 10 })).toEqual([
    0, 4, 5, 6, 7, 8, 9,
  ]);
});

test("requests end at their size, at too many uploads, and where a place would be wrong", () => {
  const sizes = (requests: ReturnType<typeof planRequests>) =>
    requests.map(({ firstIndex, lines: { length } }) => [firstIndex, length]);
  expect(sizes(planRequests(lines, { maxBytes: 30 }))).toEqual([
    [0, 3],
    [3, 3],
    [6, 3],
    [9, 1],
  ]);
  const placed = [0, 1, 4, 5, 9].map((index) => line(index, { isIndexStated: false }));
  expect(sizes(planRequests(placed))).toEqual([
    [0, 2],
    [4, 2],
    [9, 1],
  ]);
  const uploads = Array.from({ length: 45 }, (_, index) => line(index, { way: "upload" }));
  expect(sizes(planRequests(uploads)).map(([, count]) => count)).toEqual([20, 20, 5]);
});
