import { expect, test } from "vitest";
import { createSendingWords } from "./describe-sending.ts";

test("the rate is that of this command, not of what an earlier one sent", () => {
  const words = createSendingWords();
  expect(words(900_000_000, 1_000_000_000, 5_000)).toBeNull();
  expect(words(920_000_000, 1_000_000_000, 7_000)).toBe("92.0 % · 920.0 of 1000.0 MB · 10.0 MB/s");
});

test("what is sent within a second goes without a word", () => {
  const words = createSendingWords();
  expect(words(0, 100, 0)).toBeNull();
  expect(words(100, 100, 900)).toBeNull();
});
