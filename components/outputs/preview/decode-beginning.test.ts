import { expect, test } from "vitest";
import { decodeBeginning } from "./decode-beginning.ts";

const cut = { isCut: true };

test("a text that is cut ends with a whole line, or a whole character where its last line is long", () => {
  const long = "x".repeat(50_000);
  expect(decodeBeginning(Buffer.from("one\ntwo\nthr"), cut)).toBe("one\ntwo");
  expect(decodeBeginning(Buffer.from(`one\n${long}`), cut)).toBe(`one\n${long}`);
  expect(decodeBeginning(Buffer.from(`one\n${long}🌳`).subarray(0, -1), cut)).toBe(`one\n${long}`);
  expect(decodeBeginning(Buffer.from("one\ntwo"), { isCut: false })).toBe("one\ntwo");
});

test("UTF-16 is read as its mark says", () => {
  const little = Buffer.from("\ufeffgrün 🌳", "utf16le");
  const big = Buffer.from(little).swap16();
  for (const bytes of [little, big]) {
    expect(decodeBeginning(bytes, { isCut: false })).toBe("grün 🌳");
    expect(decodeBeginning(bytes.subarray(0, -2), cut)).toBe("grün ");
  }
});
