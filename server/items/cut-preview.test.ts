import { expect, test } from "vitest";
import { cutPreview } from "./cut-preview.ts";

test.each(["a", "é", "€", "🦉"])("a body of %s is cut between characters", (character) => {
  for (const shift of ["", "x", "xx", "xxx"]) {
    const body = shift + character.repeat(9_000);
    const preview = cutPreview(Buffer.from(body));
    expect(body.startsWith(preview)).toBe(true);
    expect(Buffer.byteLength(preview)).toBeGreaterThan(8_192 - 4);
    expect(Buffer.byteLength(preview)).toBeLessThanOrEqual(8_192);
  }
});

test("a body that fits is kept whole", () => {
  const body = "é".repeat(4_096);
  expect(cutPreview(Buffer.from(body))).toBe(body);
});
