import { expect, test } from "vitest";
import { cutPrompt } from "./cut-prompt.ts";

test("a short prompt is shown whole", () => {
  expect(cutPrompt("x".repeat(2_000))).toBeNull();
  expect(cutPrompt(Array.from({ length: 20 }, () => "line").join("\n"))).toBeNull();
});

test("a long prompt is cut after 2,000 characters", () => {
  expect(cutPrompt("x".repeat(100_000))).toBe("x".repeat(2_000));
});

test("a prompt of many lines is cut after twenty", () => {
  const lines = Array.from({ length: 21 }, (_, index) => `line ${index}`);
  expect(cutPrompt(lines.join("\n"))).toBe(lines.slice(0, 20).join("\n"));
});

test("no character is cut in half", () => {
  expect(cutPrompt(`${"x".repeat(1_999)}😀 and more`)).toBe("x".repeat(1_999));
});
