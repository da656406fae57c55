import { expect, test } from "vitest";
import { durationInWords } from "./duration-in-words.ts";

test.each([
  [0, "0.1 seconds"],
  [1, "0.1 seconds"],
  [200, "0.2 seconds"],
  [1_000, "1 second"],
  [1_500, "1.5 seconds"],
  [45_000, "45 seconds"],
  [59_999, "60 seconds"],
  [60_000, "1 minute"],
  [90_000, "90 seconds"],
  [15 * 60_000, "15 minutes"],
  [90 * 60_000, "90 minutes"],
  [3_600_000, "1 hour"],
  [2 * 3_600_000, "2 hours"],
  [2_000 * 3_600_000, "2,000 hours"],
])("%d ms are %s", (ms, words) => {
  expect(durationInWords(ms)).toBe(words);
});
