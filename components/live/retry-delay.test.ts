import { expect, test } from "vitest";
import { retryDelayMs } from "./retry-delay.ts";

test("the first retry is quick, later ones double up to 30 s", () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 8, 100].map((count) => retryDelayMs(count, () => 1));
  expect(longest).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test("chance spreads clients over half of the delay", () => {
  expect(retryDelayMs(1, () => 0)).toBe(100);
  expect(retryDelayMs(7, () => 0)).toBe(15_000);
});
