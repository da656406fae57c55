import type { ByteBudget } from "./byte-budget.ts";
import { createChunkList } from "./chunk-list.ts";

/** Some of a stream's bytes, never none, held in memory as a list of chunks: until the next piece is asked for. */
export interface Piece {
  chunks: Uint8Array[];
  bytes: number;
}

/** Room that is asked for at one time by whoever had to wait: worth a turn. */
const TURN_BYTES = 1024 * 1024;

interface GatherOptions {
  /** Of the next piece; asked again for each chunk. */
  maxBytes: () => number;
  /** Longer than this nothing is held. */
  maxHeldMs: number;
  /** Room for the bytes of all pieces that are held; a piece gives its room back when the next one is asked for. */
  held: ByteBudget;
}

/**
 * Cuts a byte stream that may be slow, or break, into pieces that are worth to be stored: one is yielded as soon as it
 * has `maxBytes`, when its first byte has waited for `maxHeldMs`, when there is no room for its next one, and at the end.
 * Where `source` fails, what came before is yielded first. Holds one piece and one chunk of `source`; while it waits for
 * room that one chunk, so that nobody waits for somebody who waits.
 */
export async function* gatherPieces(
  source: AsyncIterable<Uint8Array>,
  { maxBytes, maxHeldMs, held }: GatherOptions,
): AsyncGenerator<Piece, void, undefined> {
  const arriving = source[Symbol.asyncIterator]();
  const list = createChunkList();
  let heldSince = 0;
  let roomBytes = 0;
  /** False when there is none as long as others wait for it. */
  const ensureRoom = async (bytes: number): Promise<boolean> => {
    if (bytes <= roomBytes) return true;
    const missingBytes = bytes - roomBytes;
    if (held.take(missingBytes)) roomBytes += missingBytes;
    else if (list.bytes > 0) return false;
    else {
      const turnBytes = Math.max(missingBytes, Math.min(TURN_BYTES, maxBytes()));
      await held.wait(turnBytes);
      roomBytes += turnBytes;
    }
    return true;
  };
  const handOver = function* (): Generator<Piece, void, undefined> {
    const { bytes } = list;
    const chunks = list.take();
    try {
      if (bytes > 0) yield { chunks, bytes };
    } finally {
      // The loop that asks still refers to the last piece while it waits for the next one.
      chunks.length = 0;
      held.give(roomBytes);
      roomBytes = 0;
    }
  };
  const waitForNext = async (next: Promise<IteratorResult<Uint8Array>>) => {
    if (list.bytes === 0) return next;
    return within(next, heldSince + maxHeldMs - performance.now());
  };

  let isOver = false;
  try {
    for (let next = arriving.next(); ;) {
      const arrived = await waitForNext(next);
      if (arrived === null) {
        yield* handOver();
        continue;
      }
      if (arrived.done) break;
      for (let rest = arrived.value; rest.byteLength > 0;) {
        const taken = rest.subarray(0, maxBytes() - list.bytes);
        if (!(await ensureRoom(list.bytes + taken.byteLength))) {
          yield* handOver();
          continue;
        }
        if (list.bytes === 0) heldSince = performance.now();
        list.add(taken);
        rest = rest.subarray(taken.byteLength);
        if (list.bytes === maxBytes()) yield* handOver();
      }
      next = arriving.next();
    }
    isOver = true;
    yield* handOver();
  } catch (error) {
    isOver = true;
    yield* handOver();
    throw error;
  } finally {
    // Not waited for: a source that is being asked answers this only after its next chunk, which may never come.
    if (!isOver) void arriving.return?.().catch(() => {});
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
