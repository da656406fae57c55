import { expect, test } from "vitest";
import { redactLine } from "./redact-line.ts";

test.each([
  [
    "clone https://user:hunter22@example.com/x failed",
    "clone https://[redacted]@example.com/x failed",
  ],
  ["clone https://ghp_abcdefghijklmnop@github.com/x", "clone https://[redacted]@github.com/x"],
  ["401 Authorization: Bearer abcdefghijkl", "401 Authorization: [redacted] [redacted]"],
  ["key sk-ant-REDACTED refused", "key [redacted] refused"],
  ['{"apiKey": "abcdef123456", "model": "m"}', '{"apiKey": "[redacted]", "model": "m"}'],
  ["ANTHROPIC_API_KEY=abcdef123 is wrong", "ANTHROPIC_API_KEY=[redacted] is wrong"],
  ["got eyJhbGciOi.eyJzdWIiOi.SflKxwRJSM", "got [redacted]"],
  ["\u001b[31mError:\u001b[0m no model\u0007", "Error:  no model"],
  ["nothing to hide: 3 tokens used", "nothing to hide: 3 tokens used"],
])("%j", (line, expected) => {
  expect(redactLine(line)).toBe(expected);
});

test("values of the environment never appear, short ones are left alone", () => {
  expect(redactLine("the value p4ssw0rd-9 and on", ["p4ssw0rd-9", "on"])).toBe(
    "the value [redacted] and on",
  );
});

test("a long line is cut", () => {
  expect(redactLine("x".repeat(1_000))).toHaveLength(300);
});
