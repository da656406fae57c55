import { ITEM_BATCH_MAX_BYTES } from "#lib/limits.ts";
import type { ScannedElement } from "./scanned-element.ts";

/** Elements in batches of up to 1 MiB of bodies; a larger body is alone in its batch. */
export class ElementBatches {
  #batches: ScannedElement[][] = [];
  #bytes = 0;

  push(element: ScannedElement, bytes: number): void {
    const batch = this.#batches.at(-1);
    if (batch !== undefined && this.#bytes + bytes <= ITEM_BATCH_MAX_BYTES) {
      batch.push(element);
      this.#bytes += bytes;
    } else {
      this.#batches.push([element]);
      this.#bytes = bytes;
    }
  }

  take(): ScannedElement[][] {
    const batches = this.#batches;
    if (batches.length === 0) return batches;
    this.#batches = [];
    this.#bytes = 0;
    return batches;
  }
}
