import { expect, test } from "vitest";
import { parseEndpoint } from "./parse-endpoint.ts";

test.each([
  ["https://github.com/ada/mill.git/info/lfs", "https://github.com/ada/mill.git/info/lfs"],
  [
    "https://gitlab.com/ada/mill/-/lfs/mill.git/info/lfs/",
    "https://gitlab.com/ada/mill/-/lfs/mill.git/info/lfs",
  ],
  ["https://files.example/", "https://files.example"],
  ["https://files.example/lfs", "https://files.example/lfs"],
  ["http://lfs.internal:8080/mill", "http://lfs.internal:8080/mill"],
  ["git@github.com:ada/mill", "https://github.com/ada/mill.git/info/lfs"],
  ["git@gitlab.com:group/sub/mill.git", "https://gitlab.com/group/sub/mill.git/info/lfs"],
  ["ssh://git@git.example/ada/mill.git", "https://git.example/ada/mill.git/info/lfs"],
])("%s is %s", (text, endpoint) => {
  expect(parseEndpoint(text, ["lfs.internal:8080"])).toBe(endpoint);
});

test.each([
  "file:///srv/lfs",
  "/srv/lfs",
  "../wheel",
  "ada/mill",
  "ssh://other@git.example/mill",
  "http://git.example/lfs",
  "https://127.0.0.1/lfs",
  "https://user:secret@git.example/lfs",
  "https://git.example/lfs?x=1",
])("%s is refused", (text) => {
  expect(() => parseEndpoint(text, [])).toThrow(
    /^The Git LFS server that \.lfsconfig names is not/,
  );
});
