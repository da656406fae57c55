import { expect, test } from "vitest";
import { splitPatch } from "./split-patch.ts";

const patch = `diff --git a/read.md b/read.md
index 1..2 100644
--- a/read.md
+++ b/read.md
@@ -1 +1,2 @@
 one
+diff --git a/x b/x
diff --git a/run.sh b/run.sh
old mode 100644
new mode 100755
diff --git a/old name.txt b/new name.txt
similarity index 100%
rename from old name.txt
rename to new name.txt
diff --git a/picture.png b/picture.png
new file mode 100644
index 0..1
GIT binary patch
literal 5
McmZQzWMXDvWn%yU00aO4

diff --git a/empty b/empty
new file mode 100644
index 0..e69de29
diff --git a/gone.txt b/gone.txt
deleted file mode 100644
index 1..0
--- a/gone.txt
+++ /dev/null
@@ -1 +0,0 @@
-one
`;

test("every file of a patch is there, with its lines or with what happened to it", () => {
  const files = splitPatch(patch).map(({ path, note, additions, deletions }) => [
    path,
    note,
    additions,
    deletions,
  ]);
  expect(files).toEqual([
    ["read.md", null, 1, 0],
    ["run.sh", "Made executable", 0, 0],
    ["new name.txt", "Moved from old name.txt", 0, 0],
    ["picture.png", "New file, binary", 0, 0],
    ["empty", "New file, empty", 0, 0],
    ["gone.txt", "Deleted", 0, 1],
  ]);
});

test("no patch is no file", () => {
  expect(splitPatch("")).toEqual([]);
});
