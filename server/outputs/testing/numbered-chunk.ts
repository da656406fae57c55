import { randomBytes } from "node:crypto";

export const NUMBERED_CHUNK_BYTES = 1024 * 1024;

const filling = randomBytes(NUMBERED_CHUNK_BYTES);

/** A mebibyte that begins with its number, so that a reader knows each chunk by its place. Costs one copy. */
export function createNumberedChunk(n: number): Buffer {
  const chunk = Buffer.allocUnsafe(NUMBERED_CHUNK_BYTES);
  filling.copy(chunk);
  chunk.writeUInt32BE(n, 0);
  return chunk;
}

/** Where the stored bytes are not the start of the numbered chunks; null where they are. Chunks may end anywhere. */
export async function findDisorder(source: AsyncIterable<Uint8Array>): Promise<number | null> {
  let offset = 0;
  let head: number[] = [];
  for await (const piece of source) {
    for (let start = 0; start < piece.byteLength;) {
      const within = offset % NUMBERED_CHUNK_BYTES;
      const taken = Math.min(piece.byteLength - start, NUMBERED_CHUNK_BYTES - within);
      if (within < 4) {
        head = [
          ...(within === 0 ? [] : head),
          ...piece.subarray(start, start + Math.min(taken, 4 - within)),
        ];
        const isWhole = head.length === 4;
        if (
          isWhole &&
          Buffer.from(head).readUInt32BE() !== Math.floor(offset / NUMBERED_CHUNK_BYTES)
        )
          return offset;
      }
      offset += taken;
      start += taken;
    }
  }
  return null;
}
