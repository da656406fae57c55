import { randomBytes } from "node:crypto";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { AppError } from "#lib/errors.ts";
import type { UploadEncoding } from "#lib/upload.ts";
import { acceptedEncodings, decodeBody } from "./decode-body.ts";

const plain = Buffer.from(JSON.stringify({ data: Array.from({ length: 500 }, (_, n) => n) }));
const encoded: Record<string, Buffer> = {
  identity: plain,
  gzip: gzipSync(plain),
  br: brotliCompressSync(plain),
};

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += size)
    yield bytes.subarray(start, start + size);
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

test.each(
  Object.keys(encoded).flatMap((encoding) =>
    [1, 2, 3, 7, 64, 65_536].map((size) => [encoding, size] as const),
  ),
)("%s in chunks of %i is what it was", async (encoding, size) => {
  const source = inChunks(encoded[encoding]!, size);
  expect(await collect(decodeBody(source, encoding as UploadEncoding))).toEqual(plain);
});

const packed = (["gzip", "br"] as const).flatMap((encoding) =>
  [1, 7, 65_536].map((size) => [encoding, size] as const),
);

test.each(packed)("%s that ends too early tells where, in chunks of %i", async (encoding, size) => {
  const cut = encoded[encoding]!.subarray(0, -9);
  await expect(collect(decodeBody(inChunks(cut, size), encoding))).rejects.toMatchObject({
    code: "invalid_input",
    message: `The ${encoding} data ends too early (byte ${cut.byteLength} of the packed data)`,
    details: { offset: cut.byteLength, fault: "content_encoding" },
  });
});

test.each(packed)("%s that is none is damaged at its beginning", async (encoding, size) => {
  await expect(collect(decodeBody(inChunks(plain, size), encoding))).rejects.toMatchObject({
    code: "invalid_input",
    details: { offset: expect.toSatisfy((offset: number) => offset < 20) },
  });
});

test.each([64, 65_536, 1_000_000])("damage has its place, in chunks of %i", async (size) => {
  const bytes = gzipSync(randomBytes(300_000));
  const place = 200_000;
  // The length of a stored block, and what must be its complement, are damaged with the rest.
  bytes.fill(0xff, place, place + 70_000);
  const error = await collect(decodeBody(inChunks(bytes, size), "gzip")).catch(
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: "invalid_input", details: { fault: "content_encoding" } });
  const { offset } = (error as AppError).details;
  expect(offset).toBeGreaterThan(place - 65_536);
  expect(offset).toBeLessThan(place + 70_000);
});

const garbage = Buffer.from("garbage");
const behindTheEnd: [string, UploadEncoding, Buffer][] = [
  ["a second brotli stream", "br", Buffer.concat([encoded["br"]!, brotliCompressSync("2]")])],
  ["garbage after brotli", "br", Buffer.concat([encoded["br"]!, garbage])],
  ["garbage after gzip", "gzip", Buffer.concat([encoded["gzip"]!, garbage])],
  [
    "a zero and garbage after gzip",
    "gzip",
    Buffer.concat([encoded["gzip"]!, Buffer.alloc(1), garbage]),
  ],
];

test.each(
  behindTheEnd.flatMap((row) =>
    [1, 7, 64, row[2].length - 7, 65_536].map((size) => ({ what: row, size })),
  ),
)("$what.0 is no silence, in chunks of $size", async ({ what: [, encoding, bytes], size }) => {
  const end = encoded[encoding]!.byteLength;
  const offset = expect.toSatisfy((place: number) => place <= end + 1 && place >= end - size);
  await expect(collect(decodeBody(inChunks(bytes, size), encoding))).rejects.toMatchObject({
    code: "invalid_input",
    details: { fault: "content_encoding", offset },
  });
});

test("two gzip members are one body", async () => {
  const members = Buffer.concat([gzipSync("[1,"), gzipSync("2]")]);
  for (const size of [1, 7, gzipSync("[1,").length, 65_536])
    expect(String(await collect(decodeBody(inChunks(members, size), "gzip")))).toBe("[1,2]");
});

test.each(["identity", "gzip", "br"] as const)(
  "more decoded bytes than allowed end it, in %s too, and none is held",
  async (encoding) => {
    const maxBytes = 1_000_000;
    const zeros = Buffer.alloc(50_000_000);
    const bomb =
      encoding === "gzip"
        ? gzipSync(zeros)
        : encoding === "br"
          ? brotliCompressSync(zeros, { params: { 1: 1 } })
          : zeros;
    let passedBytes = 0;
    const read = async () => {
      for await (const chunk of decodeBody(inChunks(bomb, 65_536), encoding, { maxBytes }))
        passedBytes += chunk.byteLength;
    };
    await expect(read()).rejects.toMatchObject({
      code: "too_large",
      details: { maxBytes, offset: maxBytes },
    });
    expect(passedBytes).toBeLessThanOrEqual(maxBytes);
  },
);

test("an error of the source comes through as it is", async () => {
  const source = async function* () {
    yield encoded["gzip"]!.subarray(0, 20);
    throw new Error("the line is cut");
  };
  await expect(collect(decodeBody(source(), "gzip"))).rejects.toThrow("the line is cut");
});

test("zstd is taken where Node can decode it", () => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const canDecode = major > 23 || (major === 23 && minor >= 8) || (major === 22 && minor >= 15);
  expect(acceptedEncodings.includes("zstd")).toBe(canDecode);
});
