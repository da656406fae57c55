import { describe, expect, test } from "vitest";
import { diffTexts } from "./diff-texts.ts";
import type { FileDiff } from "./file-diff.ts";
import { parsePatch } from "./parse-patch.ts";

const marks = { same: " ", added: "+", removed: "-" };
const draw = ({ hunks }: FileDiff) =>
  hunks.map(({ lines }) => lines.map(({ kind, text }) => marks[kind] + text));
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
    expect(diff).toMatchObject({ additions: 5_000, deletions: 5_000 });
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
