import { expect, test } from "vitest";
import { hexLines } from "./hex-lines.ts";

test("tells bytes sixteen to a line, and dots for what is no ASCII", () => {
  const bytes = Uint8Array.from([0x50, 0x4b, 3, 4, 0x7f, 0xff, 0x20, 0x7e]);
  expect(hexLines(bytes)).toBe(
    "00000000  50 4b 03 04 7f ff 20 7e                          PK.... ~",
  );
  expect(hexLines(new Uint8Array(17)).split("\n")).toEqual([
    `00000000  ${"00 ".repeat(15)}00  ${".".repeat(16)}`,
    `00000010  00${" ".repeat(45)}  .`,
  ]);
});

test("has no lines of nothing", () => {
  expect(hexLines(new Uint8Array())).toBe("");
});
