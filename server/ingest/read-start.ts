export interface StartOfBody {
  /** The first bytes, up to a little more than was asked for; all of them when `rest` is null. */
  start: Buffer;
  /** What follows, to be read once; null when nothing does. */
  rest: AsyncIterable<Uint8Array> | null;
}

/** Reads a stream until it ends or more than `maxBytes` are there, without losing what follows. */
export async function readStart(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<StartOfBody> {
  const iterator = source[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let byteLength = 0;
  while (byteLength <= maxBytes) {
    const { value, done } = await iterator.next();
    if (done) return { start: Buffer.concat(chunks), rest: null };
    chunks.push(value);
    byteLength += value.byteLength;
  }
  return { start: Buffer.concat(chunks), rest: { [Symbol.asyncIterator]: () => iterator } };
}

/** The whole stream again. */
export async function* joinStart({ start, rest }: StartOfBody): AsyncGenerator<Uint8Array> {
  if (start.byteLength > 0) yield start;
  if (rest) yield* rest;
}
