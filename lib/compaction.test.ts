import { expect, test } from "vitest";
import { describeCompaction } from "./compaction.ts";

test.each([
  [{}, "The agent shortened its memory of everything above"],
  [{ status: "in_progress" }, "The agent is shortening its memory of everything above"],
  [{ status: "cancelled" }, "The agent stopped shortening its memory"],
  [{ status: "failed", error: "No model" }, "The agent could not shorten its memory: No model"],
  [
    { status: "completed", tokens: { before: 180_000, after: 24_000 } },
    "The agent shortened its memory of everything above · 180,000 → 24,000 tokens",
  ],
  [
    { status: "completed", tokens: { before: 180_000, after: null } },
    "The agent shortened its memory of everything above · from 180,000 tokens",
  ],
])("%o is told as what it was", (part, line) => {
  expect(describeCompaction(part, { isTurnRunning: true })).toBe(line);
});

test("one that was under way when its turn ended did not finish", () => {
  const tell = (status: string) => describeCompaction({ status }, { isTurnRunning: false });
  expect(tell("in_progress")).toBe("The agent did not finish shortening its memory");
  expect(tell("completed")).toBe("The agent shortened its memory of everything above");
});
