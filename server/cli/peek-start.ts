/** As much as tells how bytes are packed. */
const SIGNATURE_BYTES = 2;

/**
 * The first bytes of a stream, at least two unless it is shorter, and the whole of it, to be read once. Waits for no more
 * than that: whoever writes the rest may take their time.
 */
export async function peekStart(
  source: AsyncIterable<Uint8Array>,
): Promise<{ start: Buffer; whole: AsyncGenerator<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]();
  let start = Buffer.alloc(0);
  while (start.byteLength < SIGNATURE_BYTES) {
    const { value, done } = await iterator.next();
    if (done) break;
    start = Buffer.concat([start, value]);
  }
  const whole = async function* () {
    if (start.byteLength > 0) yield start;
    yield* { [Symbol.asyncIterator]: () => iterator };
  };
  return { start, whole: whole() };
}
