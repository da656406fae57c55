import { expect, test } from "vitest";
import { parsePatchedPointer, parsePointer } from "./parse-pointer.ts";

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

test("a file's part of a patch says what it makes of it", () => {
  const other = oid.replaceAll("1", "0");
  const changed = `--- a/a.bin
+++ b/a.bin
@@ -1,3 +1,3 @@
 ${version}
-oid sha256:${oid}
+oid sha256:${other}
 size 12
`;
  expect(parsePatchedPointer(changed)).toEqual({ oid: other, size: 12 });
  expect(parsePatchedPointer(changed.replaceAll(/^[+ ]/gm, "-"))).toBeNull();
  expect(parsePatchedPointer(`${changed}+more\n`)).toBeNull();
});
