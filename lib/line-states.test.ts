import { expect, test } from "vitest";
import { type LineRun, LineStates } from "./line-states.ts";

const some: LineRun[] = [
  [0, 4, "done"],
  [5, 5, "failed"],
  [9, 2_000, "queued"],
];

test("keeps states by index, and knows nothing of lines that nobody told of", () => {
  const states = new LineStates();
  states.set(some);
  expect([0, 4, 5, 6, 8, 9, 2_000, 2_001].map((index) => states.at(index))).toEqual([
    "done",
    "done",
    "failed",
    null,
    null,
    "queued",
    "queued",
    null,
  ]);
  expect(states.end).toBe(2_001);
});

test("is read in pieces that add up, whatever their size", () => {
  const states = new LineStates();
  states.set(some);
  for (const runsMax of [1, 2, 3, 7]) {
    const read: LineRun[] = [];
    for (let start: number | null = 0; start !== null;) {
      const piece = states.read(start, runsMax);
      expect(piece.runs.length).toBeLessThanOrEqual(runsMax);
      read.push(...piece.runs);
      start = piece.next;
    }
    expect(read).toEqual(some);
  }
});

test("finds what is otherwise, at most as much as is asked for", () => {
  const states = new LineStates();
  states.set(some);
  const now: LineRun[] = [
    [0, 3, "done"],
    [4, 6, "running"],
    [7, 7, "done"],
    [9, 2_001, "queued"],
  ];
  const changes: LineRun[] = [
    [4, 6, "running"],
    [7, 7, "done"],
    [2_001, 2_001, "queued"],
  ];
  expect(states.findChanges(now, 10)).toEqual(changes);
  expect(states.findChanges(now, 2)).toEqual(changes.slice(0, 2));
  states.set(changes);
  expect(states.findChanges(now, 10)).toEqual([]);
});
