import { expect, test } from "vitest";
import { isUnderWay, linkWords, whyNotPushed } from "./push-words.ts";

test("a session is pushed between its turns, also one that failed", () => {
  expect(whyNotPushed("idle")).toBeNull();
  expect(whyNotPushed("failed")).toBeNull();
  expect(whyNotPushed("working")).toBe("When the turn has ended");
  expect(whyNotPushed("needs_you")).toBe("When the turn has ended");
  expect(whyNotPushed("preparing")).toBe("Once the session is ready");
  expect(whyNotPushed("archived")).toBe("Once the session is taken back");
});

test("a push is under way until it has ended", () => {
  expect(isUnderWay({ status: "waiting" })).toBe(true);
  expect(isUnderWay({ status: "running" })).toBe(true);
  expect(isUnderWay({ status: "done" })).toBe(false);
  expect(isUnderWay({ status: "failed" })).toBe(false);
});

test("a link names the host that it leads to", () => {
  expect(linkWords("https://github.com/ada/mill/compare/x")).toBe(
    "Open a pull request on github.com",
  );
});
