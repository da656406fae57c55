import { expect, test } from "vitest";
import { isKnown, isRangeCurrent, parseRange } from "./byte-range.ts";

test.each([
  [undefined, null],
  ["bytes=0-0", { start: 0, end: 0 }],
  ["bytes=0-9", { start: 0, end: 9 }],
  ["bytes=0-99", { start: 0, end: 9 }],
  ["Bytes=3-", { start: 3, end: 9 }],
  ["bytes= 9-9 ", { start: 9, end: 9 }],
  ["bytes=10-", "unsatisfiable"],
  ["bytes=10-20", "unsatisfiable"],
  ["bytes=-1", { start: 9, end: 9 }],
  ["bytes=-10", { start: 0, end: 9 }],
  ["bytes=-11", { start: 0, end: 9 }],
  ["bytes=-0", "unsatisfiable"],
  ["bytes=5-4", null],
  ["bytes=-", null],
  ["bytes=a-b", null],
  ["bytes=0-1,3-4", null],
  ["lines=0-1", null],
  ["bytes 0-1", null],
  ["bytes=1.5-2", null],
  ["bytes=--1", null],
])("%j of ten bytes is %j", (header, expected) => {
  expect(parseRange(header, 10)).toEqual(expected);
});

test("of nothing there is no range", () => {
  expect(parseRange("bytes=0-", 0)).toBe("unsatisfiable");
  expect(parseRange("bytes=-5", 0)).toBe("unsatisfiable");
  expect(parseRange(undefined, 0)).toBeNull();
});

test("a range is of the bytes that the reader knows, or of nothing", () => {
  expect(isRangeCurrent(undefined, '"a"')).toBe(true);
  expect(isRangeCurrent('"a"', '"a"')).toBe(true);
  expect(isRangeCurrent('"b"', '"a"')).toBe(false);
  expect(isRangeCurrent('W/"a"', 'W/"a"')).toBe(false);
  expect(isRangeCurrent("Fri, 20 Nov 2026 12:00:00 GMT", '"a"')).toBe(false);
});

test.each([
  [undefined, false],
  ['"a"', true],
  ['W/"a"', true],
  ['"b", "a"', true],
  ["*", true],
  ['"b"', false],
])("whoever has %j knows it: %s", (header, expected) => {
  expect(isKnown(header, '"a"')).toBe(expected);
});
