import { expect, test } from "vitest";
import { planRequests } from "./plan-requests.ts";

/** Lines of ten bytes in the order of a file; the numbers are stated indexes, null where none is. */
const linesOf = (...stated: (number | null)[]) =>
  stated.map((index, position) => ({
    start: 11 * position,
    end: 11 * position + 10,
    index: index ?? position,
    isIndexStated: index !== null,
  }));
type Line = ReturnType<typeof linesOf>[number];

const plan = (lines: Line[], { maxBytes = 1_000, isUpload = (): boolean => false } = {}) =>
  planRequests(lines, { maxBytes, isUpload });
const sizes = (requests: ReturnType<typeof plan>) =>
  requests.map(({ firstIndex, lines }) => [firstIndex, lines.length]);

test("lines that say their index go together, whatever lies between them", () => {
  const lines = linesOf(9, 8, 7, 6).filter(({ index }) => index !== 8);
  expect(plan(lines)).toMatchObject([{ lines: [{ index: 9 }, { index: 7 }, { index: 6 }] }]);
});

test("lines that are known by their place begin another request behind a gap", () => {
  const placed = linesOf(...Array.from({ length: 10 }, () => null));
  const lines = placed.filter(({ index }) => [0, 1, 4, 5, 9].includes(index));
  expect(sizes(plan(lines))).toEqual([
    [0, 2],
    [4, 2],
    [9, 1],
  ]);
});

test("a place counts on from lines that say their index, as far as they leave room for it", () => {
  expect(sizes(plan(linesOf(40, null, 41, null)))).toEqual([[0, 4]]);
  expect(sizes(plan(linesOf(40, null, 41, null).slice(2)))).toEqual([[2, 2]]);
  const [first, ...rest] = linesOf(null, 7, 8);
  expect(sizes(plan([...rest, first as Line]))).toEqual([
    [7, 2],
    [0, 1],
  ]);
});

test("a request ends with the line that fills it, or with the last of many uploads", () => {
  const lines = linesOf(null, null, null, null, null);
  expect(sizes(plan(lines, { maxBytes: 20 }))).toEqual([
    [0, 2],
    [2, 2],
    [4, 1],
  ]);
  const many = linesOf(...Array.from({ length: 45 }, () => null));
  const uploads = plan(many, { maxBytes: 1, isUpload: () => true });
  expect(uploads.map(({ lines: some }) => some.length)).toEqual([20, 20, 5]);
});
