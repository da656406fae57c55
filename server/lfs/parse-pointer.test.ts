import { expect, test } from "vitest";
import { findPointers, parsePointer } from "./parse-pointer.ts";

const oid = "1234567890abcdef".repeat(4);
const version = "version https://git-lfs.github.com/spec/v1";
const pointer = `${version}\noid sha256:${oid}\nsize 12\n`;

test("a pointer says which object and how large", () => {
  expect(parsePointer(pointer)).toEqual({ oid, size: 12 });
});

test.each([
  ["", "an empty file"],
  [pointer.replace("sha256", "md5"), "another hash"],
  [pointer.replace(oid, oid.toUpperCase()), "an id in other letters"],
  [pointer.replace("12", "-1"), "a size below nothing"],
  [pointer.replace("12", "9999999999999999"), "a size beyond numbers"],
  [pointer.replace("oid", "ext-0-case sha256:1\noid"), "an extension"],
  [`${pointer}more\n`, "more lines"],
])("%j is none: %s", (text) => {
  expect(parsePointer(text)).toBeNull();
});

test("of a patch, new and changed pointers are found, each object once", () => {
  const other = oid.replaceAll("1", "0");
  const patch = [
    "diff --git a/new.bin b/new.bin",
    "--- /dev/null",
    "+++ b/new.bin",
    "@@ -0,0 +1,3 @@",
    `+${version}`,
    `+oid sha256:${oid}`,
    "+size 12",
    "diff --git a/some name.bin b/some name.bin",
    "--- a/some name.bin",
    "+++ b/some name.bin",
    "@@ -1,3 +1,3 @@",
    ` ${version}`,
    `-oid sha256:${oid}`,
    `+oid sha256:${other}`,
    " size 12",
    "diff --git a/copy.bin b/copy.bin",
    "--- /dev/null",
    "+++ b/copy.bin",
    "@@ -0,0 +1,3 @@",
    `+${version}`,
    `+oid sha256:${other}`,
    "+size 12",
    "diff --git a/gone.bin b/gone.bin",
    "--- a/gone.bin",
    "+++ /dev/null",
    "@@ -1,3 +0,0 @@",
    `-${version}`,
    `-oid sha256:${oid.replaceAll("2", "0")}`,
    "-size 12",
    "",
  ].join("\n");
  expect(findPointers(patch)).toEqual([
    { oid, size: 12, path: "new.bin" },
    { oid: other, size: 12, path: "some name.bin" },
  ]);
});
