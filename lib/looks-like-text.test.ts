import { expect, test } from "vitest";
import { looksLikeText } from "./looks-like-text.ts";

test.each(["all:\n\tmake\r\n", "\x1b[31mred\x1b[0m", "grün", "a".repeat(1_023) + "ü\0"])(
  "%j is text",
  (text) => {
    expect(looksLikeText(Buffer.from(text))).toBe(true);
  },
);

test.each([
  ["nothing", ""],
  ["an archive", Buffer.from("PK\x03\x04")],
  ["a NUL", "a\0"],
  ["UTF-16", Buffer.from("text", "utf16le")],
  ["Latin-1", Buffer.from("grün", "latin1")],
])("%s is not", (_, bytes) => {
  expect(looksLikeText(Buffer.from(bytes as string))).toBe(false);
});
