import { expect, test } from "vitest";
import { processorUse } from "./processor-use.ts";

const reading = (second: number, ...processes: [number, number, number][]) => ({
  readAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
  processes: processes.map(([pid, startTicks, processorMs]) => ({ pid, startTicks, processorMs })),
});

test("what was used between two readings counts, in cores", () => {
  const use = processorUse(reading(0, [7, 1, 500]), reading(2, [7, 1, 1_500], [8, 2, 4_000]));
  expect([...(use ?? [])]).toEqual([
    [7, 0.5],
    [8, 2],
  ]);
});

test("another process of the same number has used only its own", () => {
  expect(processorUse(reading(0, [7, 1, 9_000]), reading(1, [7, 2, 100]))?.get(7)).toBe(0.1);
});

test("one reading, or the same one again, tells nothing", () => {
  expect(processorUse(null, reading(1))).toBeNull();
  expect(processorUse(reading(1), reading(1))).toBeNull();
});
