import { isUtf8 } from "node:buffer";

/**
 * Checks the encoding of a stream chunk by chunk (RFC 3629; a character may be cut by a chunk's end). The bulk goes
 * through Node's own check; only the ends of chunks, and a chunk with a fault in it, are looked at byte by byte.
 */
export class Utf8Check {
  /** Bytes that the current character still needs, and the range that the next one must be in. */
  #missing = 0;
  #lowest = 0x80;
  #highest = 0xbf;

  /** How many bytes of the chunk are in order: all of them, or as many as stand before the first fault. */
  countValid(chunk: Uint8Array): number {
    let position = 0;
    while (this.#missing > 0 && position < chunk.length) {
      if (!this.#take(chunk[position]!)) return position;
      position += 1;
    }
    const tail = findTail(chunk, position);
    if (!isUtf8(position === 0 && tail === chunk.length ? chunk : chunk.subarray(position, tail)))
      return this.#findFault(chunk, position);
    return this.#findFault(chunk, tail);
  }

  #findFault(chunk: Uint8Array, from: number): number {
    for (let position = from; position < chunk.length; position += 1)
      if (!this.#take(chunk[position]!)) return position;
    return chunk.length;
  }

  #take(byte: number): boolean {
    if (this.#missing > 0) {
      if (byte < this.#lowest || byte > this.#highest) return false;
      this.#missing -= 1;
      this.#lowest = 0x80;
      this.#highest = 0xbf;
      return true;
    }
    if (byte < 0x80) return true;
    if (byte < 0xc2 || byte > 0xf4) return false;
    this.#missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    // Overlong forms, surrogates and what lies above U+10FFFF.
    if (byte === 0xe0) this.#lowest = 0xa0;
    if (byte === 0xed) this.#highest = 0x9f;
    if (byte === 0xf0) this.#lowest = 0x90;
    if (byte === 0xf4) this.#highest = 0x8f;
    return true;
  }
}

/** Where a character begins that the chunk's end may cut off; the end itself when none does. */
function findTail(chunk: Uint8Array, from: number): number {
  const last = Math.max(from, chunk.length - 3);
  for (let position = chunk.length - 1; position >= last; position -= 1)
    if (chunk[position]! >= 0xc0) return position;
  return chunk.length;
}
