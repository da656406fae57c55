import { expect, test } from "vitest";
import type { Batch } from "#lib/batch.ts";
import { LineStates } from "#lib/line-states.ts";
import { countMissing, describeRanges, describeSize, findGaps, shareEnded } from "./batch-words.ts";

const batch = (changes: Partial<Batch>) =>
  ({
    kind: "start",
    state: "open",
    expectedCount: 500,
    received: 120,
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
  expect([countMissing(batch({})), countMissing(batch({ expectedCount: null }))]).toEqual([380, 0]);
  expect(shareEnded(batch({}))).toBe(16 / 500);
  expect(shareEnded(batch({ expectedCount: null, received: 0 }))).toBe(0);
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
