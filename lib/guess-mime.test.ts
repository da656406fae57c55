import { expect, test } from "vitest";
import { guessMime } from "./guess-mime.ts";

test.each([
  ["a.png", "image/png"],
  ["A.JPG", "image/jpeg"],
  ["dir.zip/notes.txt", "text/plain"],
  ["archive.tar.gz", "application/gzip"],
  ["notes.txt/archive", "application/octet-stream"],
  ["src/Makefile", "text/plain"],
  ["Dockerfile", "text/plain"],
  [".gitignore", "text/plain"],
  ["main.py", "text/plain"],
  ["a.ts", "text/plain"],
  ["z.SH", "text/plain"],
  ["v.toml", "text/plain"],
  ["q.jsonl", "application/x-ndjson"],
  ["png", "application/octet-stream"],
  ["x.constructor", "application/octet-stream"],
  ["x.", "application/octet-stream"],
])("%s suggests %s", (name, mime) => {
  expect(guessMime(name)).toBe(mime);
});
