import { ElementBatches } from "#server/ingest/scanner/element-batches.ts";
import type { ScannedElement, SkippedElement } from "#server/ingest/scanner/scanned-element.ts";

export interface RecordPlace {
  /** Of its first byte in the document. */
  offset: number;
  byteLength: number;
}

export interface NewItem {
  type: string;
  messageId: string;
  partId: string;
  value: object;
}

type Skip = Partial<Pick<SkippedElement, "type" | "messageId" | "partId">> & { reason: string };

const tooDeep = "The record is nested too deep";

/** Items and skips in the order in which they are stored, in batches as the scanner makes them. */
export class ElementQueue {
  itemCount = 0;
  skippedCount = 0;
  /** The record that is being read. */
  place: RecordPlace = { offset: 0, byteLength: 0 };
  readonly #itemMaxBytes: number;
  readonly #batches = new ElementBatches();

  constructor(itemMaxBytes: number) {
    this.#itemMaxBytes = itemMaxBytes;
  }

  /** What is too large, or too deep, to be an item becomes a skip in its place. */
  add({ type, messageId, partId, value }: NewItem): void {
    const body = encode(value);
    const ids = { type, messageId, partId: partId === "" ? null : partId };
    if (body === null) return this.skip({ ...ids, reason: tooDeep });
    const { byteLength } = body;
    if (byteLength > this.#itemMaxBytes)
      return this.skip({ ...ids, reason: `The item is larger than ${this.#itemMaxBytes} bytes` });
    const { index } = this;
    const { offset } = this.place;
    this.itemCount += 1;
    this.#batches.push(
      { kind: "item", index, offset, byteLength, type, messageId, partId, body },
      byteLength,
    );
  }

  skip({ reason, type = null, messageId = null, partId = null }: Skip): void {
    const { index, place } = this;
    this.skippedCount += 1;
    this.#batches.push({ kind: "skipped", index, ...place, reason, type, messageId, partId }, 0);
  }

  take(): ScannedElement[][] {
    return this.#batches.take();
  }

  get index(): number {
    return this.itemCount + this.skippedCount;
  }
}

/** Null for what is nested deeper than the stack goes. */
function encode(value: object): Buffer | null {
  try {
    return Buffer.from(JSON.stringify(value));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
