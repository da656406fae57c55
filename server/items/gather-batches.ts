import { setImmediate as nextTurn } from "node:timers/promises";
import { INLINE_ITEM_MAX_BYTES, ITEM_BATCH_MAX_BYTES, ITEM_BATCH_MAX_COUNT } from "#lib/limits.ts";
import type { ItemSource } from "./item-input.ts";
import { prepareItem, type BatchEntry } from "./prepare-item.ts";

/** After so many items others get a turn: above all the statements of the batch that is being written meanwhile. */
const ITEMS_PER_TURN = 32;

/**
 * Cuts items into batches, in order: up to `ITEM_BATCH_MAX_COUNT` items and `ITEM_BATCH_MAX_BYTES` of what goes into
 * rows; an item whose body goes to a blob is alone. Holds one batch and one item.
 */
export async function* gatherBatches(
  items: ItemSource,
  firstIndex: number,
): AsyncGenerator<BatchEntry[], void> {
  let batch: BatchEntry[] = [];
  let bytes = 0;
  let index = firstIndex;
  for await (const input of items) {
    const entry = prepareItem(input, index);
    index += 1;
    if ((index - firstIndex) % ITEMS_PER_TURN === 0) await nextTurn();
    const entryBytes = rowBytesOf(entry);
    const isFull =
      batch.length === ITEM_BATCH_MAX_COUNT || bytes + entryBytes > ITEM_BATCH_MAX_BYTES;
    if (batch.length > 0 && (isFull || isLarge(entry))) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    if (isLarge(entry)) {
      yield [entry];
      continue;
    }
    batch.push(entry);
    bytes += entryBytes;
  }
  if (batch.length > 0) yield batch;
}

/** Its body goes to a blob. */
export const isLarge = (entry: BatchEntry) => entry.kind === "prepared" && entry.large !== null;

function rowBytesOf(entry: BatchEntry): number {
  if (entry.kind === "refused") return 0;
  const envelopeBytes = entry.envelope === null ? 0 : Buffer.byteLength(entry.envelope);
  return Math.min(entry.byteSize, INLINE_ITEM_MAX_BYTES) + envelopeBytes;
}
