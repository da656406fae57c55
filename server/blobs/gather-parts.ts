import { createChunkList } from "./chunk-list.ts";

/** A piece of a stream, held in memory as a list of chunks. */
export interface Part {
  chunks: Uint8Array[];
  bytes: number;
  isLast: boolean;
}

/** So little of a part is held without asking. */
export const SMALL_PART_BYTES = 256 * 1024;

interface GatherOptions {
  partBytes: number;
  /** Waited for before more than `SMALL_PART_BYTES` of a part are held. */
  reserve?: () => Promise<void>;
}

/**
 * Cuts a byte stream into parts of exactly `partBytes`, the last one shorter; an empty stream is one empty part. Nothing
 * is concatenated. Holds one part and one chunk of `source`.
 */
export async function* gatherParts(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { partBytes, reserve }: GatherOptions,
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
      const isSmall = list.bytes <= SMALL_PART_BYTES;
      if (isSmall && list.bytes + taken.byteLength > SMALL_PART_BYTES) await reserve?.();
      list.add(taken);
      rest = rest.subarray(taken.byteLength);
    }
  }
  yield takePart(true);
}
