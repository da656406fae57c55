import type { Topic } from "#lib/live-protocol.ts";
import { EventFrame, type FrameEvent } from "./event-frame.ts";
import { FlushTimer, type FlushInterval } from "./flush-timer.ts";

/** Collects the events of a topic into frames for everybody. */
export class Outbox {
  readonly #topic: Topic;
  readonly #timer: FlushTimer;
  #events: FrameEvent[] = [];

  constructor(topic: Topic, interval: FlushInterval, broadcast: (frame: EventFrame) => void) {
    this.#topic = topic;
    this.#timer = new FlushTimer(() => broadcast(this.#takeFrame()), interval);
  }

  add(...events: FrameEvent[]) {
    for (const event of events) {
      if (event.supersedes !== null) this.#remove(event.supersedes);
      this.#events.push(event);
    }
    this.#timer.request();
  }

  flush() {
    if (this.#events.length > 0) this.#timer.now();
  }

  stop() {
    this.#timer.stop();
    this.#events = [];
  }

  #remove(key: string) {
    const index = this.#events.findIndex(({ supersedes }) => supersedes === key);
    if (index !== -1) this.#events.splice(index, 1);
  }

  #takeFrame(): EventFrame {
    const events = this.#events;
    this.#events = [];
    return new EventFrame(this.#topic, events);
  }
}
