import { expect, test } from "vitest";
import { describeGaps } from "./describe-gaps.ts";

test("gaps are named with what can be done about them", () => {
  const gaps = { batchId: "bat_1", missing: [[2, 2]] as const, missingCount: 1 };
  expect(describeGaps({ ...gaps, unassignedCount: 1 })).toBe(
    "The batch stays open: no line came for index 2; lines without an index could not be read: 1. " +
      "Bring them within 30 minutes with --batch bat_1, or seal it as it is with `millrace batch seal bat_1 --allow-gaps`",
  );
});
