import { expect, test } from "vitest";
import type { Batch } from "#lib/batch.ts";
import { exitCodes } from "./exit-codes.ts";
import { describeBatch, exitCodeOf } from "./follow-batch.ts";

const batch = (changed: Partial<Batch>): Batch => ({
  batchId: "bat_1",
  kind: "import",
  state: "done",
  expectedCount: null,
  concurrency: 4,
  counts: { queued: 0, running: 0, done: 2, failed: 0, cancelled: 0 },
  received: 2,
  missingCount: 0,
  duplicateCount: 0,
  conflictCount: 0,
  unassignedCount: 0,
  skippedItemCount: 0,
  message: null,
  webhook: null,
  createdAt: "2026-01-01T00:00:00.000Z",
  lastLineAt: "2026-01-01T00:00:00.000Z",
  sealedAt: null,
  finishedAt: null,
  ...changed,
});

test("a batch is complete with all items of all lines, and partial where items were skipped", () => {
  expect(exitCodeOf(batch({}))).toBe(exitCodes.complete);
  expect(describeBatch(batch({}))).toBe("2 of 2 lines done");
  const skipping = batch({ skippedItemCount: 3 });
  expect(exitCodeOf(skipping)).toBe(exitCodes.partial);
  expect(describeBatch(skipping)).toBe("2 of 2 lines done, 3 items skipped");
});

test("a batch with gaps between its lines is partial, whoever ended it", () => {
  const gappy = batch({ missingCount: 4 });
  expect(exitCodeOf(gappy)).toBe(exitCodes.partial);
  expect(describeBatch(gappy)).toBe("2 of 2 lines done, 4 missing");
});

test("a batch that goes on is not complete, but for who does not wait for its end", () => {
  const counts = { queued: 1, running: 1, done: 0, failed: 0, cancelled: 0 };
  for (const state of ["open", "sealed"] as const) {
    expect(exitCodeOf(batch({ state, counts }))).toBe(exitCodes.partial);
    expect(exitCodeOf(batch({ state, counts }), { isDetached: true })).toBe(exitCodes.complete);
  }
  const failing = batch({ state: "sealed", counts: { ...counts, failed: 1 } });
  expect(exitCodeOf(failing, { isDetached: true })).toBe(exitCodes.partial);
});

test("lines without an index are a fact only, once every index has its line", () => {
  const mended = batch({ unassignedCount: 1, expectedCount: 2 });
  expect(exitCodeOf(mended)).toBe(exitCodes.complete);
  expect(describeBatch(mended)).toContain("1 without an index could not be read");
  expect(exitCodeOf(batch({ unassignedCount: 1, missingCount: 1 }))).toBe(exitCodes.partial);
  const open = batch({ unassignedCount: 1, state: "open" });
  expect(exitCodeOf(open, { isDetached: true })).toBe(exitCodes.partial);
  expect(exitCodeOf(batch({ conflictCount: 1 }))).toBe(exitCodes.partial);
});

test("of a batch that was aborted nothing is to come", () => {
  const counts = { queued: 0, running: 3, done: 0, failed: 0, cancelled: 37 };
  const aborted = batch({ state: "aborted", counts, received: 40 });
  expect(describeBatch(aborted)).toBe("0 of 40 lines done, 37 cancelled, 3 asked to stop");
});
