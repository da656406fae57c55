import { AppError } from "#lib/errors.ts";
import { UPLOAD_ITEMS_MAX } from "#lib/limits.ts";
import type { UploadCounts } from "#lib/upload.ts";
import type { ItemInput, RefusedInput } from "#server/items/item-input.ts";
import { type ItemServices, writeItemStream } from "#server/items/write-items.ts";
import type { ItemResult } from "#server/items/write-batch.ts";
import type { ScannedElement } from "./scanner/scanned-element.ts";
import { noCounts } from "./upload-row.ts";

export interface IngestTarget {
  sessionId: string;
  generation: number;
  /** The upload's number: with an element's place it is the version of its item. */
  received: number;
}

export interface IngestOptions {
  signal?: AbortSignal;
  /** Told after every batch that is durable; the counts go on changing. */
  onCounts?: (counts: UploadCounts) => void;
  /** Told of each item that is not stored, as long as somebody wants to know. */
  onSkipped?: (index: number, reason: string) => void;
}

/**
 * Stores the elements of one document and counts what became of them. What an earlier attempt of the same upload
 * stored counts as stored again. Holds one batch of the scanner and one of the writer. Throws what the source and the
 * writer throw; what was counted until then is durable.
 */
export async function ingestItems(
  services: ItemServices,
  { elements, ...target }: IngestTarget & { elements: AsyncIterable<ScannedElement[]> },
  { signal, onCounts, onSkipped }: IngestOptions = {},
): Promise<UploadCounts> {
  const counts = noCounts();
  /** Sizes of elements that the writer has not told of yet, in order. */
  const underWay: number[] = [];
  let index = 0;
  let fault: { error: unknown } | null = null;

  const items = async function* (): AsyncGenerator<ItemInput | RefusedInput> {
    try {
      for await (const batch of elements) {
        for (const element of batch) {
          if (element.index >= UPLOAD_ITEMS_MAX) throw tooManyItems(element);
          underWay.push(element.byteLength);
          yield toInput(element);
        }
      }
    } catch (error) {
      // What came whole before the fault is stored first.
      fault = { error };
    }
  };

  await writeItemStream(
    services,
    { ...target, items: items(), ...(signal && { signal }) },
    ({ results }) => {
      const sizes = underWay.splice(0, results.length);
      results.forEach((result, position) => {
        countResult(counts, result, sizes[position] ?? 0);
        if (result.outcome === "skipped") onSkipped?.(index + position, result.reason ?? "");
      });
      index += results.length;
      onCounts?.(counts);
    },
  );
  throwFault(fault);
  return counts;
}

function tooManyItems({ index, offset }: ScannedElement): AppError {
  return new AppError("too_large", `The upload has more than ${UPLOAD_ITEMS_MAX} items`, {
    details: { index, offset },
  });
}

function throwFault(fault: { error: unknown } | null): void {
  if (fault) throw fault.error;
}

/** Adds an item's result to the counts of its upload: what was stored by it before is stored. */
export function countResult(
  counts: UploadCounts,
  { outcome, isRepeat }: ItemResult,
  byteLength: number,
): void {
  if (outcome === "skipped" || outcome === "left") counts.unrecognisedBytes += byteLength;
  if (outcome !== "left") counts[isRepeat ? "stored" : outcome] += 1;
}

/** An element as the writer takes it. */
export function toInput(element: ScannedElement): ItemInput | RefusedInput {
  if (element.kind === "item") {
    const { type, messageId, partId, envelope } = element;
    return { type, messageId, partId, body: element.body, ...(envelope && { envelope }) };
  }
  const { reason, byteLength, type, messageId, partId } = element;
  return { refused: reason, byteSize: byteLength, type, messageId, partId };
}
