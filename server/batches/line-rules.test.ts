import { expect, test } from "vitest";
import { parseStart } from "./line-rules.ts";

test("a member that no line has is told before those that are missing: it may be one of them", () => {
  const line = { index: 0, repo: "owner/name", prompt: "Fix it" };
  expect(() => parseStart({}, line)).toThrow(/There is no field "repo"/);
  expect(() => parseStart({}, { index: 0, prompt: "Fix it" })).toThrow(/repository/);
});
