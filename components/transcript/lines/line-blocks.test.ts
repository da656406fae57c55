import { expect, test } from "vitest";
import { cutLineBlocks } from "./line-blocks.ts";

const textOf = (text: string) =>
  cutLineBlocks(text)
    .map(({ start, end }) => text.slice(start, end))
    .join("\n");

test.each(["", "a", "a\n", "a\nb", "\n", "\n\n", "a\n\nb\n", `${"line\n".repeat(1_001)}end`])(
  "blocks hold every line but the last newline",
  (text) => {
    expect(textOf(text)).toBe(text.endsWith("\n") ? text.slice(0, -1) : text);
  },
);

test("lines are counted on from block to block", () => {
  const blocks = cutLineBlocks("x\n".repeat(250));
  expect(blocks.map(({ firstLine, lineCount }) => [firstLine, lineCount])).toEqual([
    [1, 100],
    [101, 100],
    [201, 50],
  ]);
});

test("a block of long lines has fewer of them, and one enormous line is a block of its own", () => {
  expect(cutLineBlocks(`${"x".repeat(10_000)}\n`.repeat(5))).toHaveLength(3);
  expect(cutLineBlocks("x".repeat(5_000_000))).toHaveLength(1);
});

test("no more blocks are cut than anybody wants", () => {
  expect(cutLineBlocks("\n".repeat(8_000_000), 50).at(-1)).toMatchObject({
    firstLine: 4_901,
    end: 4_999,
  });
});
