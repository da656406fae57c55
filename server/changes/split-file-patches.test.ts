import { expect, test } from "vitest";
import { type FilePatch, splitFilePatches } from "./split-file-patches.ts";

const changed = `diff --git a/söme file.txt b/söme file.txt
index 1111111..2222222 100644
--- a/söme file.txt\t
+++ b/söme file.txt\t
@@ -1 +1 @@
-diff --git a/old b/old
+diff --git a/new b/new
`;
const added = `diff --git a/new.txt b/new.txt
new file mode 100644
index 0000000..3333333
--- /dev/null
+++ b/new.txt
@@ -0,0 +1 @@
+--- a/not this
`;
const binary = `diff --git a/b.bin b/b.bin
index ${"1".repeat(40)}..${"2".repeat(40)} 100644
GIT binary patch
literal 3
Kcmb
`;

async function split(text: string, { chunkBytes = 7, maxBytes = 1_000 } = {}) {
  const bytes = Buffer.from(text);
  async function* source() {
    for (let start = 0; start < bytes.length; start += chunkBytes)
      yield bytes.subarray(start, start + chunkBytes);
  }
  const patches: FilePatch[] = [];
  for await (const patch of splitFilePatches(source(), { maxBytes })) patches.push(patch);
  return patches;
}

test.each([1, 2, 3, 7, 64, 10_000])("a patch comes apart file by file: chunks of %i", async (n) => {
  const patches = await split(changed + added + binary, { chunkBytes: n });
  expect(patches.map(({ bytes }) => bytes?.toString())).toEqual([changed, added, binary]);
  expect(patches.map(({ path }) => path)).toEqual(["söme file.txt", "new.txt", "b.bin"]);
  expect(patches.map(({ before }) => before)).toEqual([
    { path: "söme file.txt", id: "1111111" },
    null,
    null,
  ]);
  expect(patches.map(({ isBinary }) => isBinary)).toEqual([false, false, true]);
});

test("a file's part that is too large is named and not held; the next one is whole", async () => {
  const large = added + "+more\n".repeat(10_000);
  const patches = await split(large + changed, { chunkBytes: 64 });
  expect(patches.map(({ path, bytes }) => [path, bytes?.toString() ?? null])).toEqual([
    ["new.txt", null],
    ["söme file.txt", changed],
  ]);
  expect(await split("")).toEqual([]);
});

const version = "version https://git-lfs.github.com/spec/v1";
const [oldId, newId] = ["1", "2"].map((digit) => `oid sha256:${digit.repeat(64)}`);
const attributes = `diff --git a/.gitattributes b/.gitattributes
new file mode 100644
index 0000000..4444444
--- /dev/null
+++ b/.gitattributes
@@ -0,0 +1 @@
+*.bin filter=lfs
`;

test.each([
  ["changed", `@@ -1,3 +1,3 @@\n ${version}\n-${oldId}\n+${newId}\n-size 2\n+size 3\n`],
  ["of the same size", `@@ -1,3 +1,3 @@\n ${version}\n-${oldId}\n+${newId}\n size 2\n`],
  ["in a file's place", `@@ -1 +1,3 @@\n-text\n+${version}\n+${newId}\n+size 3\n`],
])("a pointer of Git LFS is named and not held, as nobody has its file: %s", async (_how, hunk) => {
  const head = "index 1111111..2222222 100644\n--- a/a.bin\n+++ b/a.bin\n";
  const patches = await split(`diff --git a/a.bin b/a.bin\n${head}${hunk}${attributes}`);
  expect(patches.map(({ path, bytes }) => [path, bytes?.toString() ?? null])).toEqual([
    ["a.bin", null],
    [".gitattributes", attributes],
  ]);
});

test("a pointer of Git LFS that became a file, or is gone, is a change as any other", async () => {
  const index = "index 1111111..2222222 100644\n--- a/a.bin\n";
  const head = `diff --git a/a.bin b/a.bin\n${index}`;
  const old = `-${version}\n-${oldId}\n-size 2\n`;
  const replaced = `${head}+++ b/a.bin\n@@ -1,3 +1 @@\n${old}+text\n`;
  const gone = `${head}+++ /dev/null\n@@ -1,3 +0,0 @@\n${old}`;
  const patches = await split(replaced + gone);
  expect(patches.map(({ bytes }) => bytes?.toString())).toEqual([replaced, gone]);
});

test.each([
  ["a name alone", "similarity index 100%\nrename from a\nrename to b\n"],
  ["a mode alone", "old mode 100644\nnew mode 100755\n"],
  ["an empty file that is gone", "deleted file mode 100644\nindex e69de29..0000000\n"],
  [
    "a quoted name",
    'index 1111111..2222222 100644\n--- "a/t\\t"\n+++ "b/t\\t"\n@@ -1 +1 @@\n-a\n+b\n',
  ],
])("what fits any content is named and not held: %s", async (_what, rest) => {
  const patches = await split(`diff --git a/a b/b\n${rest}${added}`);
  expect(patches.map(({ path, bytes }) => [path, bytes?.toString() ?? null])).toEqual([
    ["b", null],
    ["new.txt", added],
  ]);
});
