import { expect, test } from "vitest";
import { LOG_TAIL_MAX_BYTES } from "#lib/limits.ts";
import { createLogTail } from "./log-tail.ts";

const tailOf = (text: string, chunkLength = text.length) => {
  const tail = createLogTail();
  for (let start = 0; start < text.length; start += chunkLength) {
    tail.add(text.slice(start, start + chunkLength));
  }
  return tail.read();
};

const output =
  "Cloning\r\nCounting: 10%\rCounting: 100%\rCounting: done\n\u001b[31mred\u001b[0m\tend";

test.each([1, 2, 3, 7, 64])("shows the last version of each line, in chunks of %i", (length) => {
  expect(tailOf(output, length)).toBe("Cloning\nCounting: done\nred\tend");
});

test("shows a line that is still being drawn", () => {
  expect(tailOf("Counting: 10%\rCounting: 20%")).toBe("Counting: 20%");
  expect(tailOf("Counting: 10%\rCounting: 20%\r")).toBe("Counting: 20%");
});

test("leaves out escapes, control characters and marks that turn text around", () => {
  expect(tailOf("\u001b]0;title\u0007a\u0000b\u0008c\u009bd\u202ee\u001b(Bf\n")).toBe("abcdef\n");
});

test("keeps exactly the last bytes and never half a character", () => {
  const text = tailOf(`${"é".repeat(LOG_TAIL_MAX_BYTES)}x`, 1_000);
  expect(Buffer.byteLength(text)).toBe(LOG_TAIL_MAX_BYTES - 1);
  expect(text).toMatch(/^é+x$/);
  expect(Buffer.byteLength(tailOf("x\n".repeat(50_000), 10_000))).toBe(LOG_TAIL_MAX_BYTES);
});
