import { describe, expect, test } from "vitest";
import { chunksOf } from "#server/blobs/testing/chunks-of.ts";
import { readLines } from "./read-lines.ts";

interface SeenLine {
  position: number;
  number: number;
  offset: number;
  isLong: boolean;
  /** As Latin-1, so that every byte shows. */
  text: string;
}

async function readAll(source: AsyncIterable<Uint8Array>, heldMaxBytes = 100) {
  const seen: SeenLine[] = [];
  for await (const lines of readLines(source, { heldMaxBytes })) {
    for (const line of lines) {
      const { position, number, offset, isLong } = line;
      const bytes = line.isLong
        ? await collect(line.bytes)
        : line.chunk.subarray(line.start, line.end);
      seen.push({ position, number, offset, isLong, text: bytes.toString("latin1") });
    }
  }
  return seen;
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe.each([1, 2, 3, 7, 64, 65_536])("in chunks of %i bytes", (chunkBytes) => {
  const read = (text: string, heldMaxBytes?: number) =>
    readAll(chunksOf(Buffer.from(text), chunkBytes), heldMaxBytes);

  test("every line comes with its place", async () => {
    expect(await read('{"a":1}\n{"b":"ü"}\n')).toEqual([
      { position: 0, number: 1, offset: 0, isLong: false, text: '{"a":1}' },
      {
        position: 1,
        number: 2,
        offset: 8,
        isLong: false,
        text: Buffer.from('{"b":"ü"}').toString("latin1"),
      },
    ]);
  });

  test("blank lines take no position, but a line number", async () => {
    const lines = await read("\n \t\n1\r\n\r\n2\n\n");
    expect(
      lines.map(({ position, number, offset, text }) => [position, number, offset, text]),
    ).toEqual([
      [0, 3, 4, "1\r"],
      [1, 5, 9, "2"],
    ]);
  });

  test("the last line needs no newline, and nothing is no line", async () => {
    expect((await read("1\n2")).map(({ text }) => text)).toEqual(["1", "2"]);
    expect(await read("")).toEqual([]);
  });

  test("a byte order mark is left out at the start of the body only", async () => {
    const lines = await read("\uFEFF1\n\uFEFF2");
    expect(lines.map(({ text }) => text)).toEqual(["1", "\xef\xbb\xbf2"]);
  });

  test("a line of exactly the limit is whole, one byte more is long, and the next is found", async () => {
    const lines = await read(`${"x".repeat(10)}\n${"y".repeat(11)}\n${"z".repeat(40)}\n4`, 10);
    expect(lines).toEqual([
      { position: 0, number: 1, offset: 0, isLong: false, text: "x".repeat(10) },
      { position: 1, number: 2, offset: 11, isLong: true, text: "y".repeat(11) },
      { position: 2, number: 3, offset: 23, isLong: true, text: "z".repeat(40) },
      { position: 3, number: 4, offset: 64, isLong: false, text: "4" },
    ]);
  });

  test("the excess may be found with the last byte of the body", async () => {
    const lines = await read("x".repeat(11), 10);
    expect(lines).toMatchObject([{ isLong: true, text: "x".repeat(11) }]);
  });

  test("a long line that nobody reads, or reads in part, is stepped over", async () => {
    const body = Buffer.from(`${"x".repeat(50)}\n${"y".repeat(50)}\n3\n`);
    const seen: string[] = [];
    for await (const lines of readLines(chunksOf(body, chunkBytes), { heldMaxBytes: 10 })) {
      for (const line of lines) {
        if (!line.isLong) seen.push(line.chunk.toString("latin1", line.start, line.end));
        else if (line.position === 1) for await (const _ of line.bytes) break;
      }
    }
    expect(seen).toEqual(["3"]);
  });
});

test("a body that breaks within a long line breaks whoever reads the line", async () => {
  async function* broken() {
    yield Buffer.from("x".repeat(20));
    throw new Error("gone");
  }
  const reading = readLines(broken(), { heldMaxBytes: 10 });
  const { value: lines } = await reading.next();
  const [line] = lines ?? [];
  if (!line?.isLong) throw new Error("The line is not long");
  await expect(collect(line.bytes)).rejects.toThrow("gone");
});

test("whoever stops early lets the body go", async () => {
  let isClosed = false;
  async function* endless() {
    try {
      for (;;) yield Buffer.from("1\n");
    } finally {
      isClosed = true;
    }
  }
  for await (const _ of readLines(endless(), { heldMaxBytes: 10 })) break;
  expect(isClosed).toBe(true);
});

test("what is held of a line that comes byte by byte is few pieces", async () => {
  const text = "x".repeat(300_000);
  const pieces: Uint8Array[] = [];
  for await (const lines of readLines(chunksOf(Buffer.from(text), 1), { heldMaxBytes: 200_000 }))
    for (const line of lines)
      if (line.isLong) for await (const piece of line.bytes) pieces.push(piece);
  // Behind what is held, they come as they are.
  expect(pieces.length - 100_000).toBeLessThan(10);
  expect(Buffer.concat(pieces).toString()).toBe(text);
}, 120_000);
