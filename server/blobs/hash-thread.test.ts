import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createThreadHash } from "./hash-thread.ts";
import { createTurnHash } from "./running-hash.ts";
import { chunksOf } from "./testing/chunks-of.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return chunks;
}

describe.each([
  ["in turns", createTurnHash],
  ["in a thread", createThreadHash],
])("a hash %s", (_, create) => {
  test.each([1, 2, 3, 7, 64, 65_536])("is right for chunks of %d", async (chunkBytes) => {
    const content = randomBytes(chunkBytes * 31 + 1);
    const hash = create();
    await hash.update(await collect(chunksOf(content, chunkBytes)));
    expect(await hash.digest()).toBe(sha256(content));
    hash.release();
  });

  test("of more than fits on its way is right, beside others", async () => {
    const contents = Array.from({ length: 5 }, () => randomBytes(3_000_001));
    const digests = contents.map(async (content) => {
      const hash = create();
      await hash.update([content, content]);
      return hash.digest();
    });
    const expected = contents.map((content) => sha256(Buffer.concat([content, content])));
    expect(await Promise.all(digests)).toEqual(expected);
  });

  test("goes on after its digest, and a copy goes on by itself", async () => {
    const [first, second] = [randomBytes(1_000), randomBytes(1_000)];
    const hash = create();
    await hash.update([first]);
    const copy = hash.copy();
    expect(await hash.digest()).toBe(sha256(first));
    await hash.update([second]);
    hash.release();
    expect(await copy.digest()).toBe(sha256(first));
  });
});

test("a thread that dies loses its hashes, and the next hash starts another", async () => {
  const [lost, misused] = [createThreadHash(), createThreadHash()];
  await lost.update([randomBytes(10)]);
  misused.release();
  await misused.update([randomBytes(10)]);
  expect(await lost.digest()).toBeNull();
  await lost.update([randomBytes(5_000_000)]);
  expect(await lost.digest()).toBeNull();

  const content = randomBytes(10);
  const next = createThreadHash();
  await next.update([content]);
  expect(await next.digest()).toBe(sha256(content));
});
