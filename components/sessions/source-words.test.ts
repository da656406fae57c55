import { expect, test } from "vitest";
import { describeSource, sourceName } from "./source-words.ts";

test.each([
  ["millrace", "Millrace", null],
  ["import", "Upload", null],
  ["snapshot", "Export", "from an export"],
  ["claude", "Claude Code", "from Claude Code"],
  ["their-tool", "their-tool", "from their-tool"],
  ["constructor", "constructor", "from constructor"],
])("%s is called %s", (source, name, words) => {
  expect(sourceName(source)).toBe(name);
  expect(describeSource(source)).toBe(words);
});
