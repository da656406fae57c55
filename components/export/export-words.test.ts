import { expect, test } from "vitest";
import { sizeWords } from "./export-words.ts";

const measure = { messages: 1, parts: 1_200, bytes: 5_000_000, blobCount: 1, blobBytes: 3_000_000 };

test("the size is that of what will be in the file", () => {
  expect(sizeWords(measure, "json", "inline")).toBe("About 5 MB: 1 message and 1,200 parts.");
  expect(sizeWords(measure, "ndjson", "omit")).toBe("About 2 MB: 1 message and 1,200 parts.");
  expect(sizeWords(measure, "md", "inline")).toBe("At most about 2 MB: 1 message and 1,200 parts.");
});
