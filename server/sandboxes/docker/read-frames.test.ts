import { expect, test } from "vitest";
import { readFrames } from "./read-frames.ts";

function frame(text: string): Buffer {
  const body = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = 1;
  header.writeUInt32BE(body.byteLength, 4);
  return Buffer.concat([header, body]);
}

async function* cut(bytes: Buffer, chunkBytes: number) {
  for (let start = 0; start < bytes.byteLength; start += chunkBytes)
    yield bytes.subarray(start, start + chunkBytes);
}

async function gather(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all).toString();
}

const long = "x".repeat(300);
const frames = Buffer.concat(["one", "", long, "\u0001\u0000\u0000\u0000"].map(frame));

test.each([1, 2, 3, 7, 64, 65_536])("finds the bytes of frames in chunks of %i", async (size) => {
  const text = await gather(readFrames(cut(frames, size)));
  expect(text).toBe(`one${long}\u0001\u0000\u0000\u0000`);
});

test("gives what has arrived of a frame, also when the rest never comes", async () => {
  const text = await gather(readFrames(cut(frame("abcdef").subarray(0, 11), 64)));
  expect(text).toBe("abc");
});
