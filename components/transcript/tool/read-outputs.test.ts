import { describe, expect, test } from "vitest";
import { readMatches } from "./read-matches.ts";
import { readNumbered } from "./read-numbered.ts";

describe("a file that was read", () => {
  test.each([
    [
      "of Claude Code",
      "     7→one\n     8→\n     9→  three\n\n<system-reminder>hint</system-reminder>",
    ],
    ["of OpenCode", "<file>\n00007| one\n00008| \n00009|   three\n\n(End of file)\n</file>"],
    [
      "of a newer OpenCode",
      "<path>/a.ts</path>\n<type>file</type>\n<content>7: one\n8: \n9:   three\n\n(End of file)\n</content>",
    ],
    ["of another Claude Code", "     7\tone\n     8\t\n     9\t  three"],
  ])("%s is its text and the number of its first line", (_, output) => {
    expect(readNumbered(output)).toMatchObject({ text: "one\n\n  three", firstNumber: 7 });
  });

  test("keeps what was said about it", () => {
    const output = `     1→a\n     2→b\n     3→${"c".repeat(99)}\nOnly the beginning was read`;
    expect(readNumbered(output)?.remark).toBe("Only the beginning was read");
  });

  test.each(["", "plain text", "1: only one line", "1: a\n3: c", "2024\t5\n17\t6"])(
    "%j is no numbered file",
    (output) => {
      expect(readNumbered(output)).toBeNull();
    },
  );
});

describe("what a search found", () => {
  const expected = [
    {
      path: "/a.ts",
      lines: [
        { number: 3, text: "one" },
        { number: 5, text: "two: 2" },
      ],
    },
    { path: "/b.ts", lines: [{ number: 1, text: "" }] },
  ];
  test.each([
    ["grep", "/a.ts:3:one\n/a.ts:5:two: 2\n/b.ts:1:"],
    ["OpenCode", "Found 3 matches\n/a.ts:\n  Line 3: one\n  Line 5: two: 2\n\n/b.ts:\n  Line 1: "],
    ["Gemini", "Found 3 matches\n---\nFile: /a.ts\nL3: one\nL5: two: 2\n---\nFile: /b.ts\nL1: "],
  ])("%s is told by file", (_, output) => {
    expect(readMatches(output)).toEqual(expected);
  });

  test.each(["No files found", "just words", "a.ts\nb.ts"])("%j is told as it is", (output) => {
    expect(readMatches(output)).toBeNull();
  });
});
