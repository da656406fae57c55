import { expect, test } from "vitest";
import { chunksOf } from "#server/blobs/testing/chunks-of.ts";
import type { BatchLine } from "./batch-line.ts";
import { gatherLines, type LineGroup } from "./gather-lines.ts";
import type { LongLine } from "./read-lines.ts";

const rules = { firstIndex: 0, indexEnd: 1_000_000, checkLine: () => ({ uploadId: null }) };

async function takeLong({ position, number, offset, bytes }: LongLine): Promise<BatchLine> {
  let byteLength = 0;
  for await (const chunk of bytes) byteLength += chunk.byteLength;
  const place = { position, number, offset, bytes: byteLength, sha256: "" };
  return { ...place, index: position, isIndexStated: false, fault: "too_large", reason: "" };
}

async function gather(text: string, { linesMax = 1_000_000, heldMaxBytes = 1_000 } = {}) {
  const groups: LineGroup[] = [];
  const reading = gatherLines(chunksOf(Buffer.from(text)), {
    rules,
    linesMax,
    heldMaxBytes,
    takeLong,
  });
  let error: unknown = null;
  try {
    for await (const group of reading) groups.push(group);
  } catch (cause) {
    error = cause;
  }
  return { groups, error, counts: groups.map(({ lines }) => lines.length) };
}

test("groups hold at most 500 lines, and nothing waits for more", async () => {
  const { groups, counts } = await gather("{}\n".repeat(1_200));
  expect(counts).toEqual([500, 500, 200]);
  expect(groups.map(({ heldBytes }) => heldBytes)).toEqual([1_000, 1_000, 400]);
  const indexes = groups.flatMap(({ lines }) => lines.map(({ index }) => index));
  expect(indexes).toEqual(Array.from({ length: 1_200 }, (_, index) => index));
});

test("what came before a long line is handed on before the line is read", async () => {
  const { groups, counts } = await gather(`{}\n{}\n"${"x".repeat(2_000)}"\n{}\n`);
  expect(counts).toEqual([2, 1, 1]);
  expect(groups[1]).toMatchObject({ heldBytes: 0, lines: [{ bytes: 2_002, index: 2 }] });
  expect(groups[2]).toMatchObject({ heldBytes: 2, lines: [{ index: 3 }] });
});

test("a body with too many lines is refused at the first of them, behind all others", async () => {
  const { counts, error } = await gather("{}\n".repeat(4), { linesMax: 3 });
  expect(counts).toEqual([3]);
  expect(error).toMatchObject({ code: "too_large" });
});
