import { expect, test } from "vitest";
import { cutSegments } from "./cut-segments.ts";
import { chunksOf } from "./testing/chunks-of.ts";

const bytes = Uint8Array.from({ length: 200 }, (_, n) => n);

async function collect(
  source: AsyncIterable<Uint8Array>,
  segmentBytes: number,
): Promise<number[][]> {
  const segments: number[][] = [];
  for await (const segment of cutSegments(source, { segmentBytes })) {
    const values: number[] = [];
    for await (const chunk of segment) values.push(...chunk);
    segments.push(values);
  }
  return segments;
}

test.each([1, 2, 3, 7, 64])(
  "chunks of %i become segments of equal size and a shorter last one",
  async (chunkBytes) => {
    const segments = await collect(chunksOf(bytes, chunkBytes), 64);
    expect(segments.map((segment) => segment.length)).toEqual([64, 64, 64, 8]);
    expect(segments.flat()).toEqual([...bytes]);
  },
);

test("a stream of exactly two segments has no empty third one", async () => {
  expect(await collect(chunksOf(bytes, 7), 100)).toHaveLength(2);
});

test("an empty stream, also one of empty chunks, has no segment", async () => {
  async function* empty() {
    yield new Uint8Array(0);
    yield new Uint8Array(0);
  }
  expect(await collect(empty(), 64)).toEqual([]);
});

test("leaving early closes the source", async () => {
  let closed = false;
  async function* watched() {
    try {
      yield* chunksOf(bytes, 10);
    } finally {
      closed = true;
    }
  }
  for await (const segment of cutSegments(watched(), { segmentBytes: 20 })) {
    for await (const _ of segment) break;
    break;
  }
  expect(closed).toBe(true);
});
