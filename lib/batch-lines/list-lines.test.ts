import { expect, test } from "vitest";
import { countExpected, type ListedLine, type LineReader, listLines } from "./list-lines.ts";

async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

/** Sees the text of a line; a number that it begins with is its index. */
function startLine(): LineReader<{ text: string }> {
  const decoder = new TextDecoder();
  let text = "";
  return {
    read: (bytes) => (text += decoder.decode(bytes, { stream: true })),
    end: () => ({ index: /^\d/.test(text) ? Number.parseInt(text, 10) : null, seen: { text } }),
  };
}

const textOf = "\uFEFF1 a\n\n \t\r\nüb\r\n0";

test.each([1, 2, 3, 7, 64])(
  "lines are found where they lie, in pieces of %d bytes",
  async (size) => {
    const lines = await listLines(inPieces(textOf, size), startLine);
    expect(lines).toEqual([
      { start: 3, end: 6, number: 1, index: 1, isIndexStated: true, text: "1 a" },
      { start: 12, end: 16, number: 4, index: 1, isIndexStated: false, text: "üb\r" },
      { start: 17, end: 18, number: 5, index: 0, isIndexStated: true, text: "0" },
    ]);
  },
);

test("what has no line, or only half of a mark, is told", async () => {
  for (const text of ["", "\uFEFF", "\n \n"])
    await expect(listLines(inPieces(text, 2), startLine)).rejects.toThrow(
      "There is no line in it.",
    );
  expect(await listLines(inPieces("x", 1), startLine)).toMatchObject([{ start: 0, end: 1 }]);
});

test("too many lines are told before the rest of the file is read", async () => {
  let readCount = 0;
  let isClosed = false;
  async function* endless() {
    try {
      for (;;) {
        readCount += 1;
        yield new TextEncoder().encode("{}\n");
      }
    } finally {
      isClosed = true;
    }
  }
  await expect(listLines(endless(), startLine, { linesMax: 5 })).rejects.toThrow("at most 5 lines");
  expect(readCount).toBe(6);
  expect(isClosed).toBe(true);
});

test.each([
  [[null, null, null], 3],
  [[1, 0], 2],
  [[1, 0, 0], 2],
  [[1, 2], null],
  [[1, null], null],
])("of lines that say %j the number to come is %s", (stated, expected) => {
  const lines = stated.map((index, position): ListedLine => ({
    start: 0,
    end: 1,
    number: position + 1,
    index: index ?? position,
    isIndexStated: index !== null,
  }));
  expect(countExpected(lines)).toBe(expected);
});
