import { describe, expect, test } from "vitest";
import { countChanges, diffCost } from "#lib/changes/compute-diff.ts";
import { diffTexts as diffOf } from "#lib/changes/diff-texts.ts";
import { parseEnvelope } from "#lib/changes/parse-envelope.ts";
import { splitRows } from "./split-rows.ts";
import { toPatch } from "./to-patch.ts";
import type { FileDiff } from "#lib/changes/file-diff.ts";
import { parsePatch } from "#lib/changes/parse-patch.ts";

const marks = { same: " ", added: "+", removed: "-" };
const draw = ({ hunks }: FileDiff) =>
  hunks.map(({ lines }) => lines.map(({ kind, text }) => marks[kind] + text));
const diffTexts = (path: string, oldText: string, newText: string) =>
  diffOf({ path, oldText, newText });
const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`).join("\n");

describe("the difference of two texts", () => {
  test("is the changed line with three lines around it", () => {
    const before = lines(1, 20);
    const diff = diffTexts("a.ts", before, before.replace("line 10\n", "line ten\nand more\n"));
    expect(draw(diff)).toEqual([
      [
        " line 7",
        " line 8",
        " line 9",
        "-line 10",
        "+line ten",
        "+and more",
        " line 11",
        " line 12",
        " line 13",
      ],
    ]);
    expect(diff).toMatchObject({ additions: 2, deletions: 1 });
    expect(diff.hunks[0]?.lines.at(-1)).toMatchObject({ oldNumber: 13, newNumber: 14 });
  });

  test("has a hunk for each place, neighbours share one", () => {
    const before = lines(1, 40);
    const far = diffTexts(
      "a",
      before,
      before.replace("line 5\n", "five\n").replace("line 30\n", "thirty\n"),
    );
    const near = diffTexts(
      "a",
      before,
      before.replace("line 5\n", "five\n").replace("line 11\n", "eleven\n"),
    );
    expect([far.hunks.length, near.hunks.length]).toEqual([2, 1]);
  });

  test("of a new, a removed and an unchanged text", () => {
    expect(draw(diffTexts("a", "", "x\ny\n"))).toEqual([["+x", "+y"]]);
    expect(draw(diffTexts("a", "x\n", ""))).toEqual([["-x"]]);
    expect(diffTexts("a", "x\n", "x\n").hunks).toEqual([]);
  });

  test("of large rewrites is coarse but complete", () => {
    const diff = diffTexts("a", lines(1, 5_000), lines(10_001, 15_000));
    expect(diff).toMatchObject({ additions: 5_000, deletions: 5_000, isCoarse: true });
  });

  test("leads from the old text to the new one", () => {
    const words = "a b a c b a d".split(" ");
    const before = words.join("\n");
    const after = ["b", ...words.slice(2), "e"].join("\n");
    const diff = diffTexts("a", before, after);
    const side = (skipped: string) =>
      draw(diff)
        .flat()
        .filter((line) => line[0] !== skipped)
        .map((line) => line.slice(1))
        .join("\n");
    expect([side("+"), side("-")]).toEqual([before, after]);
  });
});

test("lines that are there once hold large texts together", () => {
  const before = lines(1, 20_000);
  const after = before.replaceAll(/line (\d*)7\n/g, "changed $1\n");
  const diff = diffTexts("a", before, after);
  expect(diff).toMatchObject({ additions: 2_000, deletions: 2_000, isCoarse: false });
});

test.each([
  ["a\nb\na\nb\na", "b\na\nb\na\nb"],
  ["x\nx\nx", "x\nx"],
  ["one\ntwo\nthree\nfour", "four\nthree\ntwo\none"],
  ["", "a"],
])("from %j to %j nothing is lost", (before, after) => {
  const side = (skipped: string) =>
    draw(diffTexts("a", before, after))
      .flat()
      .filter((line) => line[0] !== skipped)
      .map((line) => line.slice(1))
      .join("\n");
  expect([side("+"), side("-")]).toEqual([before, after]);
});

test("pieces of a file have no line numbers", () => {
  const diff = diffOf({ path: "a", oldText: "x", newText: "y", isFragment: true });
  expect(diff.hunks[0]?.lines).toMatchObject([
    { oldNumber: null, newNumber: null },
    { oldNumber: null, newNumber: null },
  ]);
});

test("a patch of several files is read with its line numbers", () => {
  const patch = [
    "diff --git a/one.ts b/one.ts",
    "index 123..456 100644",
    "--- a/one.ts",
    "+++ b/one.ts",
    "@@ -3,2 +3,3 @@ function one() {",
    " same",
    "--- old",
    "+new",
    "+more",
    "\\ No newline at end of file",
    "diff --git a/two.ts b/two.ts",
    "deleted file mode 100644",
    "--- a/two.ts",
    "+++ /dev/null",
    "@@ -1 +0,0 @@",
    "-gone",
  ].join("\n");
  const [one, two] = parsePatch(patch);
  expect(one).toMatchObject({ path: "one.ts", additions: 2, deletions: 1 });
  expect(one?.hunks[0]?.lines[3]).toEqual({
    kind: "added",
    text: "more",
    oldNumber: null,
    newNumber: 5,
  });
  expect(two).toMatchObject({ path: "two.ts", additions: 0, deletions: 1 });
  expect(parsePatch("no patch at all")).toEqual([]);
});

test("a patch says what became of the file as a whole", () => {
  const notes = [
    "--- /dev/null\n+++ b/new.ts\n@@ -0,0 +1 @@\n+x",
    "diff --git a/old.ts b/new.ts\nrename from old.ts\nrename to new.ts\n--- a/old.ts\n+++ b/new.ts\n@@ -1 +1 @@\n-x\n+y",
    "--- a/gone.ts\n+++ /dev/null\n@@ -1 +0,0 @@\n-x",
    "--- a/same.ts\n+++ b/same.ts\n@@ -1 +1 @@\n-x\n+y",
  ].map((patch) => parsePatch(patch)[0]?.note);
  expect(notes).toEqual(["New file", "Moved from old.ts", "Deleted", null]);
});

test("a patch of Codex is read, also out of a shell command", () => {
  const command = [
    "applypatch << 'PATCH'",
    "*** Begin Patch",
    "*** Update File: src/a.ts",
    "*** Move to: src/b.ts",
    "@@ class A",
    " same",
    "-old",
    "+new",
    "@@",
    "+more",
    "*** Add File: c.md",
    "+hello",
    "*** Delete File: d.md",
    "*** End Patch",
    "PATCH",
  ].join("\n");
  const files = parseEnvelope(command);
  expect(
    files.map(({ path, note, additions, deletions }) => [path, note, additions, deletions]),
  ).toEqual([
    ["src/b.ts", "Moved from src/a.ts", 2, 1],
    ["c.md", "New file", 1, 0],
    ["d.md", "Deleted", 0, 0],
  ]);
  expect(files[0]?.hunks).toHaveLength(2);
});

test("a diff is copied as the patch that it was read from", () => {
  const patch = "--- a/a.ts\n+++ b/a.ts\n@@ -3,2 +3,2 @@\n same\n-old\n+new\n";
  expect(parsePatch(patch).map(toPatch)).toEqual([patch]);
});

test("beside each other removed lines stand with the added ones that follow them", () => {
  const [hunk] = diffTexts("a", "a\nb\nc\nd", "a\nB\nd\ne").hunks;
  const rows = splitRows(hunk?.lines ?? []);
  expect(rows.map(({ before, after }) => [before?.text, after?.text])).toEqual([
    ["a", "a"],
    ["b", "B"],
    ["c", undefined],
    ["d", "d"],
    [undefined, "e"],
  ]);
});

test("long texts are left to a worker, endless ones alone, and their lines are not counted", () => {
  const change = (length: number, counts: { additions: number; deletions: number } | null) =>
    ({
      kind: "texts",
      path: "a",
      oldText: "",
      newText: "x".repeat(length),
      isFragment: false,
      counts,
    }) as const;
  expect([10, 100_000, 9_000_000].map((length) => diffCost(change(length, null)))).toEqual([
    "now",
    "worker",
    "never",
  ]);
  expect(countChanges([change(10, null)])).toEqual({ additions: 1, deletions: 0 });
  expect(countChanges([change(100_000, null)])).toBeNull();
  expect(countChanges([change(100_000, { additions: 7, deletions: 2 })])).toEqual({
    additions: 7,
    deletions: 2,
  });
});
