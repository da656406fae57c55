import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { gatherParts, type Part } from "./gather-parts.ts";
import { chunksOf } from "./testing/chunks-of.ts";

async function collect(source: AsyncIterable<Uint8Array>, partBytes: number): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const part of gatherParts(source, { partBytes })) parts.push(part);
  return parts;
}

const join = (parts: Part[]) => Buffer.concat(parts.flatMap((part) => part.chunks));

test.each([1, 2, 3, 7, 64, 1_000])(
  "chunks of %i become parts of equal size",
  async (chunkBytes) => {
    const bytes = randomBytes(1_000);
    const parts = await collect(chunksOf(bytes, chunkBytes), 300);
    expect(parts.map((part) => part.bytes)).toEqual([300, 300, 300, 100]);
    expect(parts.map((part) => part.isLast)).toEqual([false, false, false, true]);
    expect(join(parts).equals(bytes)).toBe(true);
  },
);

test("a stream of exactly one part knows that it is the last", async () => {
  const parts = await collect(chunksOf(randomBytes(300), 7), 300);
  expect(parts.map(({ bytes, isLast }) => ({ bytes, isLast }))).toEqual([
    { bytes: 300, isLast: true },
  ]);
});

test("an empty stream is one empty part", async () => {
  async function* empty() {
    yield new Uint8Array(0);
  }
  expect(await collect(empty(), 300)).toEqual([{ chunks: [], bytes: 0, isLast: true }]);
});

test("small and large chunks in any order keep it, large ones without a copy", async () => {
  const sizes = [5, 100_000, 1, 1, 16_384, 16_383, 70_000, 3, 65_536, 40_000, 2];
  const bytes = randomBytes(sizes.reduce((sum, size) => sum + size, 0));
  async function* mixed() {
    let start = 0;
    for (const size of sizes) yield bytes.subarray(start, (start += size));
  }
  const parts = await collect(mixed(), 150_000);
  expect(join(parts).equals(bytes)).toBe(true);
  const shared = parts.flatMap((part) => part.chunks).filter((one) => one.buffer === bytes.buffer);
  expect(Math.min(...shared.map((chunk) => chunk.byteLength))).toBeGreaterThanOrEqual(16_384);
  expect(shared.length).toBeGreaterThan(4);
});

test("a sender of single bytes does not make a list of single bytes", async () => {
  const [part] = await collect(chunksOf(randomBytes(200_000), 1), 1_000_000);
  expect(part?.chunks.length).toBeLessThanOrEqual(4);
});

test("memory that the source uses again for small chunks is not trusted", async () => {
  async function* reused() {
    const chunk = new Uint8Array(1);
    for (let n = 0; n < 10; n += 1) yield chunk.fill(n);
  }
  const parts = await collect(reused(), 4);
  expect([...join(parts)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("leaving early closes the source", async () => {
  let closed = false;
  async function* watched() {
    try {
      yield* chunksOf(randomBytes(100), 10);
    } finally {
      closed = true;
    }
  }
  for await (const _ of gatherParts(watched(), { partBytes: 20 })) break;
  expect(closed).toBe(true);
});
