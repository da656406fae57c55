import { expect, test } from "vitest";
import { expiryOf, formatDay } from "./expiry.ts";

const now = Date.UTC(2027, 1, 27, 12);
const after = (ms: number) => expiryOf(new Date(now + ms).toISOString(), now);
const HOUR_MS = 3_600_000;

test("a day is written alike in every zone", () => {
  expect(formatDay(Date.UTC(2027, 2, 1))).toBe("1 Mar 2027");
  expect(formatDay(Date.UTC(2027, 2, 1) - 1)).toBe("28 Feb 2027");
});

test.each([
  [3 * 24 * HOUR_MS, { words: "2 Mar 2027", isSoon: false }],
  [3 * 24 * HOUR_MS - 1, { words: "in 2 d", isSoon: true }],
  [24 * HOUR_MS, { words: "in 1 d", isSoon: true }],
  [24 * HOUR_MS - 1, { words: "in 23 h", isSoon: true }],
  [HOUR_MS - 1, { words: "within the hour", isSoon: true }],
  [-1, { words: "within the hour", isSoon: true }],
])("%i ms away is told in words that fit", (ms, told) => {
  expect(after(ms)).toEqual(told);
});
