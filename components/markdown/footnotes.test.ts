import { expect, test } from "vitest";
import { parseBlocks, type ParsedText } from "./parse-blocks.ts";

test("a text that grows reads its footnotes as the whole text does", () => {
  const text = "See[^1].\n\nMore[^2].\n\n[^1]: one\n\n    and on\n[^2]: two\n\nThe end[^1].\n";
  let parsed: ParsedText | null = null;
  for (let end = 0; end <= text.length; end += 1) parsed = parseBlocks(text.slice(0, end), parsed);
  expect(parsed?.blocks).toEqual(parseBlocks(text).blocks);
  expect(parsed?.blocks.map(({ raw }) => raw).join("")).toBe(text);
});

test("thousands of notes take no more than their length", () => {
  const notes = Array.from({ length: 5_000 }, (_, n) => `[^${n}]: note ${n}\n\n`).join("");
  const startMs = performance.now();
  expect(parseBlocks(notes).blocks.filter(({ token }) => token?.type === "footnote")).toHaveLength(
    5_000,
  );
  expect(performance.now() - startMs).toBeLessThan(1_000);
});
