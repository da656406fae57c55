const HEADER_BYTES = 8;
const LENGTH_AT = 4;

/**
 * What a container wrote to one of its outputs, out of the frames that the Engine sends where there is no terminal
 * (`GET /containers/{id}/attach`): eight bytes, of which the last four are the length of what follows, in network order.
 * Holds no more than the chunk that it was given.
 */
export async function* readFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const header = Buffer.alloc(HEADER_BYTES);
  let headerLength = 0;
  let left = 0;
  for await (const chunk of source) {
    let rest = chunk;
    while (rest.byteLength > 0) {
      if (left > 0) {
        const piece = rest.subarray(0, left);
        left -= piece.byteLength;
        rest = rest.subarray(piece.byteLength);
        yield piece;
        continue;
      }
      const part = rest.subarray(0, HEADER_BYTES - headerLength);
      header.set(part, headerLength);
      headerLength += part.byteLength;
      rest = rest.subarray(part.byteLength);
      if (headerLength < HEADER_BYTES) break;
      headerLength = 0;
      left = header.readUInt32BE(LENGTH_AT);
    }
  }
}
