import { expect, test } from "vitest";
import { createTextReader } from "./text-reader.ts";

/** A byte at a time. */
function readFrom(text: string, from: number, to?: number): string {
  const reader = createTextReader({ from });
  const bytes = Buffer.from(text).subarray(from, to);
  return Array.from(bytes, (byte) => reader.read(Uint8Array.of(byte))).join("") + reader.end();
}

test("the rest of a character that began before is left out", () => {
  const from = (count: number) => readFrom("🙈€ one", count);
  expect([0, 1, 2, 3].map(from)).toEqual(["🙈€ one", "€ one", "€ one", "€ one"]);
  expect([4, 5, 6, 7].map(from)).toEqual(["€ one", " one", " one", " one"]);
});

test("a text that ends within a character says so, and a mark at its beginning is part of it", () => {
  expect(readFrom("one €", 0, 6)).toBe("one \ufffd");
  expect(readFrom("\ufeffone", 0)).toBe("\ufeffone");
  expect(readFrom("a\ufeffone", 1)).toBe("\ufeffone");
});
