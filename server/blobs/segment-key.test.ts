import { expect, test } from "vitest";
import { blobIdOfKey, createSegmentKey } from "./segment-key.ts";

const blobId = "0f8fad5b-d9cb-469f-a165-70867728950e";

test("a key names its blob", () => {
  expect(blobIdOfKey(createSegmentKey(blobId, 639))).toBe(blobId);
});

test("two writes of the same segment have different keys", () => {
  expect(createSegmentKey(blobId, 0)).not.toBe(createSegmentKey(blobId, 0));
});

test.each([
  "",
  "..",
  "../../etc/passwd",
  `0f/../${blobId}.0.00`,
  `/0f/${blobId}.0.0000000000000000`,
  "0f/x\0",
])("%j is no key of ours", (key) => {
  expect(blobIdOfKey(key)).toBeNull();
});
