import { expect, test } from "vitest";
import { describeEmpty, describePlace, splitPlace } from "./upload-words.ts";

test("what came before a fault is called stored only where something is", () => {
  const none = { stored: 0, unchanged: 0, stale: 0 };
  const whole = "the document";
  expect(describePlace({ offset: 42, whole }, none)).toBe(
    "At byte 42 of the document; nothing of it is stored.",
  );
  expect(describePlace({ offset: 1_042, whole }, { ...none, unchanged: 1 })).toBe(
    "At byte 1,042 of the document; what came whole before it is stored.",
  );
});

test.each([
  ["It is cut (byte 4, after 1 items)", "It is cut", "the document"],
  [
    "The gzip data ends too early (byte 4 of the packed data)",
    "The gzip data ends too early",
    "the packed data",
  ],
  [
    "The br data is damaged (behind byte 0 of the packed data)",
    "The br data is damaged",
    "the packed data",
  ],
  ["The server stopped", "The server stopped", "the document"],
])("%s: words and place are told apart", (message, words, whole) => {
  expect(splitPlace(message)).toEqual({ words, whole });
});

test("a session without messages is empty only without items", () => {
  expect(describeEmpty(0)).toBe("Nothing was brought into this session yet.");
  expect(describeEmpty(1)).toBe("1 item is stored; it is no message.");
  expect(describeEmpty(1_300)).toBe("1,300 items are stored; none is a message.");
});
