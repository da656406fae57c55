import { AppError } from "#lib/errors.ts";
import type { PutOptions } from "./blob-store.ts";

/**
 * The same bytes; fails with `unavailable` as soon as they are more than `byteLength`, or ended before it, and with the
 * signal's reason at the next chunk once it is aborted.
 */
export async function* checkLength(
  source: AsyncIterable<Uint8Array>,
  { byteLength, signal }: PutOptions,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of source) {
    signal?.throwIfAborted();
    bytes += chunk.byteLength;
    if (byteLength !== undefined && bytes > byteLength) throw otherLength(bytes, byteLength);
    yield chunk;
  }
  signal?.throwIfAborted();
  if (byteLength !== undefined && bytes < byteLength) throw otherLength(bytes, byteLength);
}

const otherLength = (bytes: number, byteLength: number) =>
  new AppError("unavailable", "A file arrived with another length than announced", {
    details: { bytes, byteLength },
  });
