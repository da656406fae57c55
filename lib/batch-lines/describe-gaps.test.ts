import { expect, test } from "vitest";
import { describeGaps } from "./describe-gaps.ts";

test("gaps are named, and of many the first ones", () => {
  const missing = [
    [2, 2],
    [5, 8],
  ] as const;
  const gaps = { missing, missingCount: 5, unassignedCount: 1 };
  expect(describeGaps(gaps)).toBe(
    "no line came for index 2, 5–8; lines without an index could not be read: 1",
  );
  expect(describeGaps({ ...gaps, missingCount: 9, unassignedCount: 0 })).toBe(
    "no line came for index 2, 5–8, …",
  );
  const many = Array.from({ length: 13 }, (_, n) => [2 * n, 2 * n] as const);
  expect(describeGaps({ missing: many, missingCount: 13, unassignedCount: 0 })).toMatch(/ 22, …$/);
});
