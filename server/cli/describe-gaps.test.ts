import { expect, test } from "vitest";
import { describeGaps } from "./describe-gaps.ts";

test("gaps are named with what can be done about them, and of many the first ones", () => {
  const missing = [
    [2, 2],
    [5, 8],
  ] as const;
  const gaps = { batchId: "bat_1", missing, missingCount: 5, unassignedCount: 1 };
  expect(describeGaps(gaps)).toBe(
    "The batch stays open: no line came for index 2, 5–8; lines without an index could not be read: 1. " +
      "Bring them within 30 minutes with --batch bat_1, or seal it as it is with `millrace batch seal bat_1`",
  );
  expect(describeGaps({ ...gaps, missingCount: 9 })).toContain("2, 5–8, …");
  expect(describeGaps({ ...gaps, missing: [], missingCount: 0 })).not.toContain("index 2");
});
