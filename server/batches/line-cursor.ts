export const NEWLINE = 0x0a;

/** A place in a stream of chunks. */
export interface LineCursor {
  /** Bytes of the stream before this place. */
  readonly offset: number;
  /** The chunk at hand and the place in it. */
  readonly chunk: Buffer;
  readonly at: number;
  /** False when the next bytes have to be waited for, or there are none. */
  readonly hasBytes: boolean;
  /** Waits for bytes when none are at hand; false at the end of the stream. */
  load(): Promise<boolean>;
  /** Where the line ends in the chunk at hand: at its newline, or -1 when that is not in it. */
  findEnd(): number;
  /** Goes on to this place in the chunk at hand. */
  moveTo(at: number): void;
  close(): Promise<void>;
}

export function createLineCursor(source: AsyncIterable<Uint8Array>): LineCursor {
  const chunks = source[Symbol.asyncIterator]();
  let chunk: Buffer = Buffer.alloc(0);
  let at = 0;
  let chunkOffset = 0;
  return {
    get offset() {
      return chunkOffset + at;
    },
    get chunk() {
      return chunk;
    },
    get at() {
      return at;
    },
    get hasBytes() {
      return at < chunk.byteLength;
    },
    async load() {
      while (at === chunk.byteLength) {
        const next = await chunks.next();
        if (next.done) return false;
        chunkOffset += chunk.byteLength;
        const { buffer, byteOffset, byteLength } = next.value;
        chunk = Buffer.from(buffer, byteOffset, byteLength);
        at = 0;
      }
      return true;
    },
    // A `Buffer` finds a byte several times as fast as a `Uint8Array` does.
    findEnd: () => chunk.indexOf(NEWLINE, at),
    moveTo(place) {
      at = place;
    },
    async close() {
      await chunks.return?.();
    },
  };
}
