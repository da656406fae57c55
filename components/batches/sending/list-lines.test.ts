import { expect, test } from "vitest";
import { LONG_LINE_BYTES } from "#lib/batch-lines/list-lines.ts";
import { listLines, type SeenLine } from "./list-lines.ts";

const list = (text: string | Blob, hasUploads = true) =>
  listLines(typeof text === "string" ? new Blob([text]) : text, { hasUploads, name: "lines" });

const textOf = ({ file, start, end }: { file: Blob; start: number; end: number }) =>
  file.slice(start, end).text();

test("lines are found with their bytes, whatever ends them; blank ones do not count", async () => {
  const { lines, expectedCount } = await list('\ufeff{"a":"ü"}\r\n\n  \n{"b":2}\n{"c":3}');
  expect(await Promise.all(lines.map(textOf))).toEqual(['{"a":"ü"}\r', '{"b":2}', '{"c":3}']);
  expect(lines.map(({ index, isIndexStated }) => [index, isIndexStated])).toEqual([
    [0, false],
    [1, false],
    [2, false],
  ]);
  expect(expectedCount).toBe(3);
});

test("what lines say of their index counts, and tells how many there are where it can", async () => {
  const counted = await list('{"index":2}\n{"index":0}\n{"index":1}\n{"index":1}\n');
  expect(counted.lines.map(({ index }) => index)).toEqual([2, 0, 1, 1]);
  expect(counted.expectedCount).toBe(3);
  expect((await list('{"index":7}\n')).expectedCount).toBeNull();
  expect((await list('{"index":0}\nrubbish\n')).expectedCount).toBeNull();
});

test("a long line is an upload where its batch takes them, and its beginning says its index", async () => {
  const long = (head: string) => `{${head}"data":"${"x".repeat(LONG_LINE_BYTES)}"}`;
  const text = `${long('"index":1,')}\n{"index":0}\n`;
  const { lines } = await list(text);
  expect(lines.map(({ index, way }) => [index, way])).toEqual([
    [1, "upload"],
    [0, "line"],
  ]);
  expect((await list(text, false)).lines[0]?.way).toBe("line");
  expect((await list(`${long("")}\n{"index":5}`)).lines[0]?.way).toBe("line");
  expect((await list(`${long("")}\n{}`)).lines[0]?.way).toBe("upload");
});

test("whoever looks sees every line, also one that is no object", async () => {
  const seen: SeenLine[] = [];
  await listLines(new Blob(['{"prompt":"x"}\n\nrubbish\n[1]\n']), {
    hasUploads: false,
    name: "lines",
    onLine: (line) => seen.push(line),
  });
  expect(seen.map(({ number, members }) => [number, members])).toEqual([
    [1, { prompt: "x" }],
    [3, null],
    [4, null],
  ]);
});

test("lines that lie across many chunks are whole", async () => {
  const texts = Array.from({ length: 40 }, (_, n) =>
    JSON.stringify({ n, text: "y".repeat(30_000) }),
  );
  const { lines } = await list(new Blob(texts.flatMap((text) => [text, "\n"])));
  expect(await Promise.all(lines.map(textOf))).toEqual(texts);
});

test("nothing but blank lines is said to be nothing", async () => {
  await expect(list("\n \n")).rejects.toThrow("There is no line in it.");
});
