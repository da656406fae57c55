import { expect, test } from "vitest";
import type { FileLine } from "./list-lines.ts";
import { keepMissing, planRequests } from "./plan-requests.ts";

/** Lines of ten bytes in the order of a file; the numbers are stated indexes, null where none is. */
const linesOf = (...stated: (number | null)[]): FileLine[] =>
  stated.map((index, position) => ({
    start: 11 * position,
    end: 11 * position + 10,
    number: position + 1,
    position,
    index: index ?? position,
    isIndexStated: index !== null,
    longSha256: null,
  }));

const unreadable: number[] = [];
const counted = { isMissingCut: false, expectedCount: 5, unreadable };

test("what the server does not miss is not sent", () => {
  const lines = linesOf(4, 3, 2, 1, 0);
  const missing: [number, number][] = [
    [0, 0],
    [3, 4],
  ];
  const kept = keepMissing(lines, { ...counted, missing, received: 2 });
  expect(kept.map(({ index }) => index)).toEqual([4, 3, 0]);
  expect(keepMissing(lines, { ...counted, missing: [], received: 5 })).toEqual([]);
});

test("of a batch without an end, all behind the last line that came is sent", () => {
  const open = { isMissingCut: false, expectedCount: null, unreadable };
  const missing: [number, number][] = [[1, 1]];
  const kept = keepMissing(linesOf(0, 1, 2, 3, 4), { ...open, missing, received: 2 });
  expect(kept.map(({ index }) => index)).toEqual([1, 3, 4]);
  expect(keepMissing(linesOf(0, 7), { ...open, missing: [], received: 0 })).toHaveLength(2);
});

test("of ranges that were cut, only those that are named are sent where the end is known", () => {
  const missing: [number, number][] = [[1, 1]];
  const cut = { missing, isMissingCut: true, received: 1, unreadable };
  const lines = linesOf(0, 1, 2, 3, 4);
  const keptOf = (expectedCount: number | null) =>
    keepMissing(lines, { ...cut, expectedCount }).map(({ index }) => index);
  expect(keptOf(5)).toEqual([1]);
  expect(keptOf(null)).toEqual([1, 2, 3, 4]);
});

test("where another line is wanted in the place of one that could not be read, it is sent", () => {
  const wanted = { ...counted, missing: [], received: 5, unreadable: [1, 3] };
  expect(keepMissing(linesOf(3, 2, 1), wanted).map(({ index }) => index)).toEqual([3, 1]);
});

test("lines that say their index go together, whatever lies between them", () => {
  const lines = linesOf(9, 8, 7, 6).filter(({ index }) => index !== 8);
  expect(planRequests(lines)).toMatchObject([
    { lines: [{ index: 9 }, { index: 7 }, { index: 6 }] },
  ]);
});

test("lines that are known by their place begin another request behind a gap", () => {
  const lines = linesOf(null, null, null, null, null).filter(({ position }) => position !== 2);
  const plan = planRequests(lines).map(({ firstIndex, lines: some }) => [firstIndex, some.length]);
  expect(plan).toEqual([
    [0, 2],
    [3, 2],
  ]);
});

test("a place counts on from lines that say their index", () => {
  const plan = planRequests(linesOf(40, null, 41, null));
  expect(plan).toMatchObject([{ firstIndex: 0, lines: { length: 4 } }]);
});

test("a request ends with the line that fills it", () => {
  const plan = planRequests(linesOf(null, null, null, null, null), { maxBytes: 20 });
  expect(plan.map(({ firstIndex }) => firstIndex)).toEqual([0, 2, 4]);
});

test("uploads weigh less than lines, and still end a request", () => {
  const long = linesOf(null, null, null, null, null).map((line) => ({ ...line, longSha256: "a" }));
  expect(planRequests(long, { maxBytes: 5 })).toHaveLength(1);
  expect(planRequests(long, { maxBytes: 1 }).map(({ firstIndex }) => firstIndex)).toEqual([
    0, 2, 4,
  ]);
});
