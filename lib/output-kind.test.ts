import { expect, test } from "vitest";
import { outputKind } from "./output-kind.ts";

test.each([
  ["image/png", "picture"],
  ["IMAGE/JPEG; q=1", "picture"],
  ["image/bmp", "picture"],
  ["image/svg+xml", "text"],
  ["image/tiff", "other"],
  ["text/plain; charset=utf-8", "text"],
  ["text/html", "text"],
  ["application/x-ndjson", "text"],
  ["application/json", "json"],
  ["application/geo+json", "json"],
  ["text/csv;charset=utf-8", "table"],
  ["text/tab-separated-values", "table"],
  ["audio/mpeg", "sound"],
  ["video/webm", "video"],
  ["application/pdf", "pdf"],
  ["application/pdfx", "other"],
  ["application/zip", "other"],
  ["", "other"],
])("%s is %s", (mime, kind) => {
  expect(outputKind(mime)).toBe(kind);
});
