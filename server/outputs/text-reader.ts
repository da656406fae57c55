/**
 * Text of UTF-8 bytes that come in any pieces, from `from` on: the rest of a character that began before is no part of it.
 */
export function createTextReader({ from }: { from: number }) {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let skippableBytes = from > 0 ? CONTINUATION_BYTES_MAX : 0;
  const skip = (bytes: Uint8Array): Uint8Array => {
    let start = 0;
    while (skippableBytes > 0 && start < bytes.byteLength && isContinuation(bytes[start]!)) {
      start += 1;
      skippableBytes -= 1;
    }
    if (start < bytes.byteLength) skippableBytes = 0;
    return bytes.subarray(start);
  };
  return {
    read: (bytes: Uint8Array): string => decoder.decode(skip(bytes), { stream: true }),
    /** What is left where the text ends within a character. */
    end: (): string => decoder.decode(),
  };
}

const CONTINUATION_BYTES_MAX = 3;
const isContinuation = (byte: number) => (byte & 0xc0) === 0x80;
