import { createChunkList } from "./chunk-list.ts";

/** Some of a stream's bytes, never none, held in memory as a list of chunks. */
export interface Piece {
  chunks: Uint8Array[];
  bytes: number;
}

interface GatherOptions {
  /** Of the next piece; asked again for each chunk. */
  maxBytes: () => number;
  /** Longer than this nothing is held. */
  maxHeldMs: number;
}

/**
 * Cuts a byte stream that may be slow, or break, into pieces that are worth to be stored: one is yielded as soon as it
 * has `maxBytes`, when its first byte has waited for `maxHeldMs`, and at the end. Where `source` fails, what came
 * before is yielded first. Holds one piece and one chunk of `source`.
 */
export async function* gatherPieces(
  source: AsyncIterable<Uint8Array>,
  { maxBytes, maxHeldMs }: GatherOptions,
): AsyncGenerator<Piece, void, undefined> {
  const chunks = source[Symbol.asyncIterator]();
  const list = createChunkList();
  let heldSince = 0;
  const takePiece = (): Piece => {
    const { bytes } = list;
    return { chunks: list.take(), bytes };
  };
  const waitForNext = async (next: Promise<IteratorResult<Uint8Array>>) => {
    if (list.bytes === 0) return next;
    return within(next, heldSince + maxHeldMs - performance.now());
  };

  let isOver = false;
  try {
    for (let next = chunks.next(); ;) {
      const arrived = await waitForNext(next);
      if (arrived === null) {
        yield takePiece();
        continue;
      }
      if (arrived.done) break;
      for (let rest = arrived.value; rest.byteLength > 0;) {
        if (list.bytes === 0) heldSince = performance.now();
        const taken = rest.subarray(0, maxBytes() - list.bytes);
        list.add(taken);
        rest = rest.subarray(taken.byteLength);
        if (list.bytes === maxBytes()) yield takePiece();
      }
      next = chunks.next();
    }
    isOver = true;
    if (list.bytes > 0) yield takePiece();
  } catch (error) {
    isOver = true;
    if (list.bytes > 0) yield takePiece();
    throw error;
  } finally {
    // Not waited for: a source that is being asked answers this only after its next chunk, which may never come.
    if (!isOver) void chunks.return?.().catch(() => {});
  }
}

/** Null when it takes longer. */
async function within<Value>(promise: Promise<Value>, timeoutMs: number): Promise<Value | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), Math.max(0, timeoutMs));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
