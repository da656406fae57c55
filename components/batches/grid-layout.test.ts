import { expect, test } from "vitest";
import { indexAt, layOut, visibleRange } from "./grid-layout.ts";

test("few cells are large and many are small, and all of them have a place", () => {
  for (const [count, cellPx] of [
    [12, 16],
    [500, 10],
    [10_000, 6],
    [1_000_000, 6],
  ] as const) {
    const layout = layOut(count, 700);
    expect(layout.cellPx).toBe(cellPx);
    expect(layout.columnCount * layout.rowCount).toBeGreaterThanOrEqual(count);
    expect(layout.columnCount * layout.pitchPx).toBeLessThanOrEqual(700 + layout.pitchPx);
  }
  expect(layOut(0, 700)).toMatchObject({ rowCount: 0, heightPx: 0 });
  expect(layOut(3, 0).columnCount).toBe(1);
});

test("a point is a cell, or nothing", () => {
  const layout = layOut(10_000, 700);
  expect(layout.columnCount).toBe(100);
  expect(indexAt(layout, 10_000, { x: 0, y: 0 })).toBe(0);
  expect(indexAt(layout, 10_000, { x: 7 * 99, y: 7 * 3 })).toBe(399);
  expect(indexAt(layout, 10_000, { x: 6.5, y: 0 })).toBeNull();
  expect(indexAt(layout, 10_000, { x: 701, y: 0 })).toBeNull();
  expect(indexAt(layout, 10, { x: 7 * 10, y: 0 })).toBeNull();
  expect(indexAt(layout, 10_000, { x: -1, y: 3 })).toBeNull();
});

test("only what can be seen is drawn", () => {
  const layout = layOut(10_000, 700);
  expect(visibleRange(layout, 10_000, { topPx: 0, heightPx: 70 })).toEqual([0, 1_000]);
  expect(visibleRange(layout, 10_000, { topPx: 71, heightPx: 70 })).toEqual([1_000, 2_100]);
  expect(visibleRange(layout, 950, { topPx: 0, heightPx: 700 })).toEqual([0, 950]);
});
