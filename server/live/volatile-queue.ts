import type { VolatileEvent } from "./bus-message.ts";
import { jsonBytes, splitVolatile, VOLATILE_EVENTS_MAX_BYTES } from "./split-volatile.ts";

/** Beyond this, the oldest events of a session are dropped: the next durable write brings what they said. */
const QUEUE_MAX_BYTES = 64 * 1024;

interface QueuedEvent {
  event: VolatileEvent;
  byteLength: number;
}

/**
 * What one session still has to tell other processes. A step's newest state replaces its older one, deltas of a part
 * that touch are joined, and each `take` is small enough for one notification.
 */
export class VolatileQueue {
  #queued: QueuedEvent[] = [];
  #byteLength = 0;
  #droppedCount = 0;

  get isEmpty() {
    return this.#queued.length === 0;
  }

  /** Adds an event; returns how many events had to go for it, itself included. */
  add(event: VolatileEvent): number {
    this.#droppedCount = 0;
    if (event.type === "preparing") this.#removeStep(event.step.step);
    if (event.type === "progress") this.#removeProgress(event.uploadId);
    if (event.type === "output") this.#removeOutput(event.outputId);
    const pieces = splitVolatile(this.#joinedWithLast(event));
    if (pieces.length === 0) return 1;
    for (const piece of pieces) this.#push(piece);
    while (this.#byteLength > QUEUE_MAX_BYTES) {
      this.#shift();
      this.#droppedCount += 1;
    }
    return this.#droppedCount;
  }

  /** The oldest events that fit into one notification, in order. */
  take(): VolatileEvent[] {
    const events: VolatileEvent[] = [];
    let byteLength = 0;
    for (let next = this.#queued[0]; next !== undefined; next = this.#queued[0]) {
      // One byte for the comma between two events.
      byteLength += next.byteLength + 1;
      if (events.length > 0 && byteLength > VOLATILE_EVENTS_MAX_BYTES) break;
      events.push(next.event);
      this.#shift();
    }
    return events;
  }

  #joinedWithLast(event: VolatileEvent): VolatileEvent {
    const last = this.#queued.at(-1)?.event;
    if (event.type !== "delta" || last?.type !== "delta") return event;
    const touches =
      last.messageId === event.messageId &&
      last.partId === event.partId &&
      last.offset + last.text.length === event.offset;
    if (!touches) return event;
    this.#byteLength -= this.#queued.pop()?.byteLength ?? 0;
    return { ...last, text: last.text + event.text };
  }

  #removeStep(step: string) {
    this.#queued = this.#queued.filter(({ event, byteLength }) => {
      const isOlder = event.type === "preparing" && event.step.step === step;
      if (isOlder) this.#byteLength -= byteLength;
      return !isOlder;
    });
  }

  /** The newest counts say all that older ones said. */
  #removeProgress(uploadId: string) {
    this.#queued = this.#queued.filter(({ event, byteLength }) => {
      const isOlder = event.type === "progress" && event.uploadId === uploadId;
      if (isOlder) this.#byteLength -= byteLength;
      return !isOlder;
    });
  }

  #removeOutput(outputId: string) {
    this.#queued = this.#queued.filter(({ event, byteLength }) => {
      const isOlder = event.type === "output" && event.outputId === outputId;
      if (isOlder) this.#byteLength -= byteLength;
      return !isOlder;
    });
  }

  #push(event: VolatileEvent) {
    const byteLength = jsonBytes(event);
    this.#queued.push({ event, byteLength });
    this.#byteLength += byteLength;
  }

  #shift() {
    this.#byteLength -= this.#queued.shift()?.byteLength ?? 0;
  }
}
