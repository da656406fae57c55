/** One piece of a longer stream; must be read to its end before the next one is asked for. */
export type Segment = AsyncIterable<Uint8Array>;

/**
 * Cuts a byte stream into pieces of exactly `segmentBytes`, the last one shorter; an empty stream has none.
 * Holds one chunk of `source` and copies nothing.
 */
export async function* cutSegments(
  source: AsyncIterable<Uint8Array>,
  { segmentBytes }: { segmentBytes: number },
): AsyncGenerator<Segment> {
  const chunks = source[Symbol.asyncIterator]();
  let rest: Uint8Array | null = null;

  /** The next bytes, at most `maxBytes`, never none; null at the end. */
  const take = async (maxBytes: number): Promise<Uint8Array | null> => {
    while (rest === null || rest.byteLength === 0) {
      const next = await chunks.next();
      if (next.done) return null;
      rest = next.value;
    }
    const taken = rest.subarray(0, maxBytes);
    rest = rest.subarray(taken.byteLength);
    return taken;
  };

  async function* segment(first: Uint8Array): Segment {
    yield first;
    let left = segmentBytes - first.byteLength;
    while (left > 0) {
      const chunk = await take(left);
      if (chunk === null) return;
      yield chunk;
      left -= chunk.byteLength;
    }
  }

  try {
    for (let first = await take(segmentBytes); first !== null; first = await take(segmentBytes))
      yield segment(first);
  } finally {
    await chunks.return?.();
  }
}
