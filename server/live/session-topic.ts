import type { Cursor, LiveEvent, Topic } from "#lib/live-protocol.ts";
import type { Log } from "#server/log.ts";
import type { VolatileEvent } from "./bus-message.ts";
import { coalesce } from "./coalesce.ts";
import { deliverHistory } from "./deliver-history.ts";
import { EventFrame, toFrameEvent } from "./event-frame.ts";
import type { FlushInterval } from "./flush-timer.ts";
import { HistoryPages } from "./history-pages.ts";
import { liveError } from "./live-error.ts";
import { LiveItems } from "./live-items.ts";
import type { LiveReaders, SessionReading } from "./live-readers.ts";
import { Outbox } from "./outbox.ts";
import { Subscription, type Subscriber } from "./subscription.ts";

export interface SessionTopicOptions {
  topic: Topic;
  sessionId: string;
  readers: LiveReaders;
  flushInterval: FlushInterval;
  log: Log;
  /** The last viewer has left. */
  onEmpty(): void;
}

/**
 * Everything of one session for all its viewers in this process. Rows are read once per change; events are
 * serialised once and leave as one frame.
 */
export class SessionTopic {
  readonly #options: SessionTopicOptions;
  readonly #subscriptions = new Set<Subscription>();
  readonly #pages: HistoryPages;
  readonly #items: LiveItems;
  readonly #outbox: Outbox;
  readonly #readNow: () => Promise<SessionReading | null>;
  #latest: Promise<SessionReading | null> | null = null;
  #reading: SessionReading | null = null;

  constructor(options: SessionTopicOptions) {
    const { topic, sessionId, readers, flushInterval, log } = options;
    this.#options = options;
    this.#pages = new HistoryPages({ topic, sessionId, readItemsAfter: readers.readItemsAfter });
    this.#outbox = new Outbox(topic, flushInterval, (frame) => this.#broadcast(frame));
    this.#items = new LiveItems({
      read: (generation, afterSeq) => this.#pages.readNow(generation, afterSeq),
      isWanted: () => this.#hasLive(),
      onPage: (page) => this.#outbox.add(...page.frame.events),
      log,
    });
    this.#readNow = coalesce(async () => {
      const reading = await readers.readState(sessionId);
      this.#onReading(reading);
      return reading;
    });
  }

  /** What is known of the session, as new as the last news of it; null when it is gone. */
  latest(): Promise<SessionReading | null> {
    return this.#latest ?? this.#refresh();
  }

  attach(subscriber: Subscriber, cursor: Cursor | null): Subscription {
    // What is volatile and happened before is not for whoever comes now.
    this.#outbox.flush();
    const copy = cursor === null ? null : { generation: cursor.generation, seq: cursor.seq };
    const subscription = new Subscription(this.#options.topic, subscriber, copy);
    this.#subscriptions.add(subscription);
    this.#guard(subscription, this.#welcome(subscription));
    return subscription;
  }

  detach(subscription: Subscription) {
    subscription.phase = "ended";
    this.#subscriptions.delete(subscription);
    if (this.#subscriptions.size > 0) return;
    this.#outbox.stop();
    this.#items.stop();
    this.#options.onEmpty();
  }

  /** An item was written. */
  noteItems(generation: number, seq: number) {
    const reading = this.#reading;
    if (reading === null || generation < reading.state.generation) return;
    if (generation > reading.state.generation) return this.noteState();
    reading.lastSeq = Math.max(reading.lastSeq, seq);
    this.#items.note(seq);
  }

  /** The session's row changed, or may have. */
  noteState() {
    this.#refresh().catch((error: unknown) => {
      this.#options.log.warn({ err: error }, "the state of a session could not be read");
      for (const subscription of this.#subscriptions) this.#end(subscription, "resume");
    });
  }

  /** Volatile events: to whoever is there, nothing is kept. */
  noteVolatile(events: VolatileEvent[]) {
    const generation = this.#reading?.state.generation;
    if (generation === undefined) return;
    for (const event of events) {
      const isOfOtherGeneration = "generation" in event && event.generation !== generation;
      if (!isOfOtherGeneration) this.#outbox.add(toFrameEvent(event, generation));
    }
  }

  /** News may have been missed: everything is read again. */
  resynchronize() {
    this.noteState();
    this.#items.note(Infinity);
  }

  /** Every viewer is asked to come back. */
  close() {
    for (const subscription of this.#subscriptions) this.#end(subscription, "resume");
  }

  #refresh(): Promise<SessionReading | null> {
    this.#latest = this.#readNow();
    return this.#latest;
  }

  async #welcome(subscription: Subscription) {
    let reading = this.#reading ?? (await this.latest());
    // The cursor may come from another process, which heard of an item before this one.
    if (reading !== null && isAhead(subscription.cursor, reading)) reading = await this.#refresh();
    if (reading !== null && !subscription.hasEnded)
      this.#begin(subscription, this.#reading ?? reading);
  }

  #begin(subscription: Subscription, reading: SessionReading) {
    const { generation } = reading.state;
    const { cursor } = subscription;
    const opening: LiveEvent[] = [stateEvent(reading)];
    if (cursor?.generation !== generation || isAhead(cursor, reading)) {
      if (cursor !== null) opening.push({ type: "reset", generation });
      subscription.cursor = { generation, seq: 0 };
    }
    subscription.phase = "history";
    this.#send(subscription, opening, generation);
    const delivery = deliverHistory(subscription, {
      read: (...position) => this.#pages.read(...position),
      sentSeq: () => this.#items.sentSeq,
      join: (joining) => this.#join(joining),
    });
    this.#guard(subscription, delivery);
  }

  #join(subscription: Subscription): boolean {
    const { cursor } = subscription;
    if (cursor === null) return false;
    if (!this.#hasLive()) {
      this.#items.skipTo(cursor.seq);
      this.#pages.forget();
    }
    if (cursor.seq < this.#items.sentSeq) return false;
    this.#send(subscription, [{ type: "caught-up", ...cursor }], cursor.generation);
    subscription.phase = "live";
    this.#items.resume();
    return true;
  }

  #onReading(reading: SessionReading | null) {
    const before = this.#reading;
    if (reading === null) {
      for (const subscription of this.#subscriptions) this.#end(subscription, "gone");
    } else if (before === null || reading.state.generation > before.state.generation) {
      this.#beginGeneration(reading);
    } else if (reading.state.generation === before.state.generation) {
      // News of these items may be lost: a process can die between its commit and its notification.
      if (reading.lastSeq > before.lastSeq) this.#items.note(reading.lastSeq);
      before.lastSeq = reading.lastSeq = Math.max(before.lastSeq, reading.lastSeq);
      if (reading.state.revision <= before.state.revision) return;
      this.#reading = reading;
      this.#outbox.add(toFrameEvent(stateEvent(reading), reading.state.generation));
    }
  }

  #beginGeneration(reading: SessionReading) {
    this.#outbox.flush();
    this.#reading = reading;
    this.#items.beginGeneration(reading.state.generation);
    for (const subscription of this.#subscriptions) {
      if (subscription.phase !== "waiting") this.#begin(subscription, reading);
    }
  }

  #broadcast(frame: EventFrame) {
    this.#items.markSent();
    this.#pages.forget();
    for (const subscription of this.#subscriptions) {
      if (!subscription.deliver(frame)) this.#end(subscription, "resume");
    }
  }

  #end(subscription: Subscription, code: "resume" | "gone") {
    this.detach(subscription);
    // Whoever has to come back has lost its place in every topic of the connection.
    subscription.subscriber.fail(liveError(code, code === "gone" ? this.#options.topic : null));
  }

  #guard(subscription: Subscription, work: Promise<void>) {
    work.catch((error: unknown) => {
      if (subscription.hasEnded) return;
      this.#options.log.warn({ err: error }, "a viewer of a session could not be served");
      this.#end(subscription, "resume");
    });
  }

  #hasLive(): boolean {
    for (const { phase } of this.#subscriptions) if (phase === "live") return true;
    return false;
  }

  #send(subscription: Subscription, events: LiveEvent[], generation: number) {
    const serialised = events.map((event) => toFrameEvent(event, generation));
    subscription.send(new EventFrame(this.#options.topic, serialised));
  }
}

/** True when the cursor points behind the end of the log, as after a restored backup. */
function isAhead(cursor: Cursor | null, { state, lastSeq }: SessionReading): boolean {
  return cursor !== null && cursor.generation === state.generation && cursor.seq > lastSeq;
}

function stateEvent({ state, lastSeq }: SessionReading): LiveEvent {
  return { type: "state", state, lastSeq };
}
