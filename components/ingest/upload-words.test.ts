import { expect, test } from "vitest";
import {
  describeCancelled,
  describeEmpty,
  describePlace,
  keptUntil,
  splitPlace,
} from "./upload-words.ts";

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
  const none = { itemCount: 0, skippedCount: 0, uploadCount: 0, cancelledCount: 0 };
  expect(describeEmpty(none)).toBe("Nothing was brought into this session yet.");
  expect(describeEmpty({ ...none, itemCount: 1 })).toBe("1 item is stored; it is no message.");
  expect(describeEmpty({ ...none, itemCount: 1_300, skippedCount: 1 })).toBe(
    "1,300 items are stored; none is a message.",
  );
  expect(describeEmpty({ ...none, uploadCount: 1, skippedCount: 1 })).toBe(
    "1 item came, and it was not stored.",
  );
  expect(describeEmpty({ ...none, uploadCount: 1, skippedCount: 3 })).toBe(
    "3 items came, and none was stored.",
  );
  expect(describeEmpty({ ...none, uploadCount: 1, cancelledCount: 1 })).toBe(
    "1 upload was cancelled before anything was stored.",
  );
  expect(describeEmpty({ ...none, uploadCount: 2, cancelledCount: 1 })).toBe(
    "What was brought into this session has no items.",
  );
});

test("a cancelled upload says what of it is kept, and is not called kept afterwards", () => {
  expect(describeCancelled({ bytes: 0, stored: 0 })).toBe("Cancelled before a byte came.");
  expect(describeCancelled({ bytes: 9_400_000, stored: 0 })).toBe(
    "Cancelled after 9.4 MB: nothing of it was stored.",
  );
  expect(describeCancelled({ bytes: 9_400_000, stored: 1 })).toBe(
    "Cancelled after 9.4 MB: 1 item that had arrived is kept.",
  );
  expect(describeCancelled({ bytes: 9_400_000, stored: 1_204 })).toBe(
    "Cancelled after 9.4 MB: 1,204 items that had arrived are kept.",
  );
  const ended = { state: "failed", endedAt: "2026-11-20T12:00:00.000Z" } as const;
  const error = { code: "cancelled", message: "Cancelled", offset: null };
  expect(keptUntil({ ...ended, error })).toBeNull();
  expect(keptUntil({ ...ended, error: { ...error, code: "invalid_input" } })).not.toBeNull();
});
