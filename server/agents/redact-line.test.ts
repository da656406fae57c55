import { expect, test } from "vitest";
import { redactLine } from "./redact-line.ts";

test.each([
  ["clone https://ghp_abcdefghijklmnop@github.com/x", "clone https://[redacted]@github.com/x"],
  ["the value p4ssw0rd-9 and on", "the value [redacted] and on"],
  ["\u001b[31mError:\u001b[0m no model\u0007", "Error:  no model"],
  ["nothing to hide: 3 tokens used", "nothing to hide: 3 tokens used"],
])("%j", (line, expected) => {
  expect(redactLine(line, ["p4ssw0rd-9", "on"])).toBe(expected);
});

test("a long line is cut", () => {
  expect(redactLine("x".repeat(1_000), [])).toHaveLength(300);
});
