import { expect, test } from "vitest";
import { createRateMeter } from "./rate-meter.ts";

test("a rate is known after half a second", () => {
  const meter = createRateMeter();
  meter.note(0, 0);
  meter.note(100, 400);
  expect(meter.bytesPerSecond()).toBeNull();
  meter.note(1_000, 1_000);
  expect(meter.bytesPerSecond()).toBe(1_000);
});

test("the rate follows what happened last", () => {
  const meter = createRateMeter();
  meter.note(0, 0);
  for (let ms = 1_000; ms <= 20_000; ms += 1_000) meter.note(ms < 10_000 ? 0 : ms, ms);
  expect(meter.bytesPerSecond()).toBe(1_000);
});

test("one note in a long while is still a rate", () => {
  const meter = createRateMeter();
  meter.note(0, 0);
  meter.note(8_000, 60_000);
  meter.note(16_000, 120_000);
  expect(meter.bytesPerSecond()).toBeCloseTo(133.3, 1);
});

test("going back means starting over", () => {
  const meter = createRateMeter();
  meter.note(5_000, 0);
  meter.note(9_000, 1_000);
  meter.note(4_000, 2_000);
  expect(meter.bytesPerSecond()).toBeNull();
});
