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
