import { expect, test } from "vitest";
import { describeNoSkips, formatRecognised, formatShare } from "./recognised.ts";

test("all is recognised only when nothing is missing", () => {
  expect(formatRecognised({ decodedBytes: 1_000_000, unrecognisedBytes: 0 })).toBe("100 %");
  expect(formatRecognised({ decodedBytes: 1_000_000, unrecognisedBytes: 1 })).toBe("99.9 %");
  expect(formatRecognised({ decodedBytes: 1_000, unrecognisedBytes: 4 })).toBe("99.6 %");
  expect(formatRecognised({ decodedBytes: 10, unrecognisedBytes: 10 })).toBe("0 %");
  expect(formatRecognised({ decodedBytes: 0, unrecognisedBytes: 0 })).toBeNull();
});

test("a share never claims more or less than there is", () => {
  expect(formatShare(1, 1_000)).toBe("< 1 %");
  expect(formatShare(0, 1_000)).toBe("0 %");
  expect(formatShare(999, 1_000)).toBe("99 %");
  expect(formatShare(1_000, 1_000)).toBe("100 %");
  expect(formatShare(0, 0)).toBe("0 %");
});

const all = {
  uploadCount: 2,
  underWayCount: 0,
  failedCount: 0,
  cancelledCount: 0,
  unrecognisedBytes: 0,
  staleCount: 0,
  ignoredMembers: [],
};

test("all is here only when every upload was read to its end", () => {
  expect(describeNoSkips({ ...all, uploadCount: 0 })).toBe("None.");
  expect(describeNoSkips({ ...all, underWayCount: 1 })).toBe(
    "None so far. 1 upload is still under way.",
  );
  expect(describeNoSkips({ ...all, failedCount: 2 })).toBe(
    "None, but 2 uploads failed before the end.",
  );
  expect(describeNoSkips({ ...all, cancelledCount: 1, underWayCount: 2 })).toBe(
    "None so far, but 1 upload was cancelled. 2 uploads are still under way.",
  );
});

test("all is here only when nothing gave way and nothing was left out", () => {
  expect(describeNoSkips(all)).toBe("None. What was brought here is all here.");
  expect(describeNoSkips({ ...all, unrecognisedBytes: 1 })).toBe("None.");
  expect(describeNoSkips(undefined)).toBe("None.");
  expect(describeNoSkips({ ...all, staleCount: 1 })).toBe(
    "None, but 1 item gave way to something newer, here or further on in the same file.",
  );
  expect(describeNoSkips({ ...all, ignoredMembers: ["events"] })).toBe(
    "None, but 1 member had no place here.",
  );
});
