import { expect, test } from "vitest";
import { describeEmpty, describePlace } from "./upload-words.ts";

test("what came before a fault is called stored only where something is", () => {
  const none = { stored: 0, unchanged: 0, stale: 0 };
  expect(describePlace(42, none)).toBe("At byte 42 of the document; nothing of it is stored.");
  expect(describePlace(1_042, { ...none, unchanged: 1 })).toBe(
    "At byte 1,042 of the document; what came whole before it is stored.",
  );
});

test("a session without messages is empty only without items", () => {
  expect(describeEmpty(0)).toBe("Nothing was brought into this session yet.");
  expect(describeEmpty(1)).toBe("1 item is stored; it is no message.");
  expect(describeEmpty(1_300)).toBe("1,300 items are stored; none is a message.");
});
