import { expect, test } from "vitest";
import { guessMime } from "./guess-mime.ts";

test.each([
  ["a.png", "image/png"],
  ["A.JPG", "image/jpeg"],
  ["dir.zip/notes.txt", "text/plain"],
  ["archive.tar.gz", "application/gzip"],
  ["Makefile", "application/octet-stream"],
  ["png", "application/octet-stream"],
  ["x.constructor", "application/octet-stream"],
  ["x.", "application/octet-stream"],
])("%s suggests %s", (name, mime) => {
  expect(guessMime(name)).toBe(mime);
});
