const SLAB_BYTES = 64 * 1024;
/** A list of smaller chunks would cost more memory than the bytes in it. */
const COPIED_BELOW_BYTES = 16 * 1024;

/**
 * Collects bytes as a list of chunks: large ones as they are, small ones copied together into slabs, so that a sender
 * of single bytes cannot make the list many times as large as its bytes.
 */
export interface ChunkList {
  readonly bytes: number;
  add(chunk: Uint8Array): void;
  /** All chunks so far, in order; the list is empty afterwards. */
  take(): Uint8Array[];
}

export function createChunkList(): ChunkList {
  let chunks: Uint8Array[] = [];
  let bytes = 0;
  let slab: Uint8Array = new Uint8Array(0);
  let start = 0;
  let end = 0;

  const pushSlab = () => {
    if (end > start) chunks.push(slab.subarray(start, end));
    start = end;
  };

  const copy = (chunk: Uint8Array) => {
    if (slab.byteLength - end < chunk.byteLength) {
      pushSlab();
      slab = new Uint8Array(SLAB_BYTES);
      start = 0;
      end = 0;
    }
    slab.set(chunk, end);
    end += chunk.byteLength;
  };

  return {
    get bytes() {
      return bytes;
    },
    add(chunk) {
      bytes += chunk.byteLength;
      if (chunk.byteLength < COPIED_BELOW_BYTES) return copy(chunk);
      pushSlab();
      chunks.push(chunk);
    },
    take() {
      pushSlab();
      const taken = chunks;
      chunks = [];
      bytes = 0;
      return taken;
    },
  };
}
