import { expect, test } from "vitest";
import type { Batch } from "#lib/batch.ts";
import { LineStates } from "#lib/line-states.ts";
import {
  describeAbort,
  describeNoSession,
  describeRanges,
  describeSeal,
  describeSize,
  findGaps,
  outcomeOf,
  reasonOfLine,
  shareEnded,
} from "./batch-words.ts";

const batch = (changes: Partial<Batch>) =>
  ({
    kind: "start",
    state: "open",
    expectedCount: 500,
    received: 120,
    missingCount: 380,
    unassignedCount: 0,
    counts: { queued: 100, running: 4, done: 12, failed: 3, cancelled: 1 },
    ...changes,
  }) as Batch;

test("a batch says how large it is, as far as that is known", () => {
  expect(describeSize(batch({}))).toBe("500 sessions to start");
  expect(describeSize(batch({ kind: "import", expectedCount: null }))).toBe(
    "120 sessions to import so far",
  );
  const sealed = batch({ kind: "import", expectedCount: null, state: "sealed" });
  expect(describeSize(sealed)).toBe("120 sessions to import");
  expect(shareEnded(batch({}))).toBe(16 / 500);
  expect(shareEnded(batch({ expectedCount: null, received: 0, missingCount: 0 }))).toBe(0);
  const counts = { queued: 0, running: 0, done: 15, failed: 0, cancelled: 0 };
  const gaps = { expectedCount: null, received: 15, missingCount: 5, counts };
  expect(shareEnded(batch(gaps))).toBe(0.75);
});

test("a batch that lost something is not complete, though no line of it failed", () => {
  const counts = { queued: 0, running: 0, done: 5, failed: 0, cancelled: 0 };
  const nothing = { unassignedCount: 0, conflictCount: 0, missingCount: 0, skippedItemCount: 0 };
  const whole = { expectedCount: 5, received: 5, ...nothing, counts };
  const done = (changes: Partial<Batch>) => batch({ state: "done", ...whole, ...changes });
  expect(outcomeOf(done({}))).toBe("complete");
  expect(outcomeOf(done({ unassignedCount: 1, missingCount: 1 }))).toBe("lost");
  expect(outcomeOf(done({ conflictCount: 1 }))).toBe("lost");
  expect(outcomeOf(done({ missingCount: 2 }))).toBe("lost");
  expect(outcomeOf(done({ skippedItemCount: 1 }))).toBe("lost");
  expect(outcomeOf(done({ unassignedCount: 1, counts: { ...counts, failed: 1 } }))).toBe("partial");
  expect(outcomeOf(done({ counts: { ...counts, done: 0, failed: 5 } }))).toBe("failed");
});

test("a batch is complete once every index has its line, whatever could not be read before", () => {
  const counts = { queued: 0, running: 0, done: 5, failed: 0, cancelled: 0 };
  const nothing = { conflictCount: 0, missingCount: 0, skippedItemCount: 0 };
  const mended = { ...nothing, counts, unassignedCount: 1, received: 5 };
  expect(outcomeOf(batch({ ...mended, state: "done", expectedCount: 5 }))).toBe("complete");
  expect(outcomeOf(batch({ ...mended, state: "done", expectedCount: null }))).toBe("complete");
});

test("a seal says what it leaves out", () => {
  expect(describeSeal(batch({ missingCount: 1 }))).toMatch(/^1 line is missing: once it is sealed/);
  expect(describeSeal(batch({ missingCount: 5, unassignedCount: 2 }))).toMatch(
    /^5 lines are missing, and 2 lines could not be read and have no index: /,
  );
});

test("an abort says what it comes to", () => {
  expect(describeAbort(batch({}))).toMatch(/^100 lines that wait will .* 4 sessions at work/);
  const counts = { queued: 1, running: 1, done: 0, failed: 0, cancelled: 0 };
  expect(describeAbort(batch({ kind: "import", counts }))).toMatch(
    /^1 line that waits will .*begin\. /,
  );
});

test("a line has one number", () => {
  expect(reasonOfLine("Line 4 of its request is not JSON")).toBe("It is not JSON");
  expect(reasonOfLine("The prompt is missing")).toBe("The prompt is missing");
});

test("a line that ended without a session gets none any more", () => {
  expect(describeNoSession({ state: "queued", sessionId: null })).toBe("No session yet");
  expect(describeNoSession({ state: "failed", sessionId: null })).toBe("No session");
  expect(describeNoSession({ state: "done", sessionId: "ses_1" })).toBe("Its session was deleted");
});

test("gaps end where the batch does, or with the last line where nobody knows its end", () => {
  const states = new LineStates();
  states.set([
    [2, 4, "done"],
    [5, 5, "failed"],
    [8, 8, "queued"],
  ]);
  expect(findGaps(states, 12)).toEqual([
    [0, 1],
    [6, 7],
    [9, 11],
  ]);
  expect(findGaps(states, null)).toEqual([
    [0, 1],
    [6, 7],
  ]);
  expect(findGaps(new LineStates(), 3)).toEqual([[0, 2]]);
});

test("many ranges are told in part", () => {
  expect(describeRanges([])).toBe("");
  expect(
    describeRanges([
      [3, 3],
      [7, 9],
    ]),
  ).toBe("3, 7–9");
  const many = Array.from({ length: 14 }, (_, n): [number, number] => [2 * n, 2 * n]);
  expect(describeRanges(many)).toBe("0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, and 2 more ranges");
});
