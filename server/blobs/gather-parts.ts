import { createChunkList } from "./chunk-list.ts";

/** A piece of a stream, held in memory as a list of chunks. */
export interface Part {
  chunks: Uint8Array[];
  bytes: number;
  isLast: boolean;
}

/**
 * Cuts a byte stream into parts of exactly `partBytes`, the last one shorter; an empty stream is one empty part. Nothing
 * is concatenated. Holds one part and one chunk of `source`.
 */
export async function* gatherParts(
  source: AsyncIterable<Uint8Array>,
  { partBytes }: { partBytes: number },
): AsyncGenerator<Part, void, undefined> {
  const list = createChunkList();
  const takePart = (isLast: boolean): Part => {
    const { bytes } = list;
    return { chunks: list.take(), bytes, isLast };
  };
  for await (const chunk of source) {
    let rest = chunk;
    while (rest.byteLength > 0) {
      if (list.bytes === partBytes) yield takePart(false);
      const taken = rest.subarray(0, partBytes - list.bytes);
      list.add(taken);
      rest = rest.subarray(taken.byteLength);
    }
  }
  yield takePart(true);
}
