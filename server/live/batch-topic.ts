import type { BatchEvent, LiveEvent, Topic } from "#lib/live-protocol.ts";
import { LineStates } from "#lib/line-states.ts";
import type { Log } from "#server/log.ts";
import { EventFrame, toFrameEvent } from "./event-frame.ts";
import { liveError } from "./live-error.ts";
import type { BatchReading } from "./live-readers.ts";
import { Subscription, type Subscriber } from "./subscription.ts";

/** Runs of lines in one frame: about 25 KB. */
const RUNS_MAX = 1_000;
/** Between two frames to everybody. */
const COLLECT_MS = 200;
/** A batch of a million lines takes a while to read: that is done for a tenth of the time, at most. */
const REST_PER_READING = 9;

export interface BatchTopicOptions {
  topic: Topic;
  /** Null when the batch is gone. */
  read(): Promise<BatchReading | null>;
  log: Log;
  /** The last viewer has left. */
  onEmpty(): void;
}

/**
 * How a batch and its lines do, for all its viewers in this process. Whatever changed, it is read as a whole and compared
 * with what viewers know: a frame has at most `RUNS_MAX` runs of lines that changed, the rest goes with the next ones.
 */
export class BatchTopic {
  readonly #options: BatchTopicOptions;
  readonly #subscriptions = new Set<Subscription>();
  /** Of lines, what everybody who is there was told; who comes gets that first. */
  readonly #told = new LineStates();
  #reading: BatchReading | null = null;
  /** News came that was not read yet. */
  #isChanged = false;
  /** Not all that was read fitted into a frame. */
  #hasMore = false;
  #timer: NodeJS.Timeout | null = null;
  #isAtWork = false;
  #tellAt = 0;
  #readAt = 0;

  constructor(options: BatchTopicOptions) {
    this.#options = options;
  }

  attach(subscriber: Subscriber): Subscription {
    const subscription = new Subscription(this.#options.topic, subscriber, null);
    this.#subscriptions.add(subscription);
    if (this.#reading === null) this.note();
    else this.#welcome(subscription, this.#reading);
    return subscription;
  }

  detach(subscription: Subscription) {
    subscription.phase = "ended";
    if (!this.#subscriptions.delete(subscription) || this.#subscriptions.size > 0) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#options.onEmpty();
  }

  /** The batch or some of its lines changed, or may have. */
  note() {
    this.#isChanged = true;
    this.#schedule();
  }

  /** News may have been missed. */
  resynchronize() {
    this.note();
  }

  /** Every viewer is asked to come back. */
  close() {
    this.#endAll("resume");
  }

  /** What is left to tell does not wait for what is slow to read. */
  #schedule() {
    if (this.#timer !== null || this.#isAtWork || this.#subscriptions.size === 0) return;
    if (!this.#isChanged && !this.#hasMore) return;
    const dueAt = this.#hasMore ? this.#tellAt : Math.max(this.#tellAt, this.#readAt);
    this.#timer = setTimeout(() => void this.#work(), Math.max(0, dueAt - performance.now()));
  }

  async #work() {
    this.#timer = null;
    this.#isAtWork = true;
    try {
      if (this.#isChanged && performance.now() >= this.#readAt) await this.#read();
      if (this.#reading !== null) this.#tell(this.#reading);
    } catch (error) {
      this.#options.log.warn({ err: error }, "a batch could not be read");
      this.#endAll("resume");
    } finally {
      this.#isAtWork = false;
      this.#tellAt = performance.now() + COLLECT_MS;
      this.#schedule();
    }
  }

  async #read() {
    this.#isChanged = false;
    const startedAt = performance.now();
    const reading = await this.#options.read();
    const endedAt = performance.now();
    this.#readAt = endedAt + REST_PER_READING * (endedAt - startedAt);
    if (reading === null) return this.#endAll("gone");
    if (this.#reading === null) this.#told.set(reading.lines);
    this.#reading = reading;
  }

  #tell(reading: BatchReading) {
    const lines = this.#told.findChanges(reading.lines, RUNS_MAX);
    this.#told.set(lines);
    this.#hasMore = lines.length === RUNS_MAX;
    const events: LiveEvent[] = [batchEvent(reading)];
    if (lines.length > 0) events.push({ type: "batch-lines", lines });
    const frame = this.#frameOf(events);
    for (const subscription of this.#subscriptions) {
      if (subscription.phase === "waiting") this.#welcome(subscription, reading);
      else if (!subscription.deliver(frame)) this.#end(subscription, "resume");
    }
  }

  #welcome(subscription: Subscription, reading: BatchReading) {
    subscription.phase = "history";
    subscription.send(this.#frameOf([batchEvent(reading)]));
    this.#sendLines(subscription).catch((error: unknown) => {
      this.#options.log.warn({ err: error }, "a viewer of a batch could not be served");
      this.#end(subscription, "resume");
    });
  }

  /** At the pace of whoever reads: lines before this place that change meanwhile are told, others are read here. */
  async #sendLines(subscription: Subscription) {
    for (let start: number | null = 0; start !== null && !subscription.hasEnded;) {
      const { runs, next }: ReturnType<LineStates["read"]> = this.#told.read(start, RUNS_MAX);
      if (runs.length > 0)
        await subscription.sendAndWait(this.#frameOf([{ type: "batch-lines", lines: runs }]));
      start = next;
    }
    if (subscription.hasEnded) return;
    subscription.send(this.#frameOf([{ type: "caught-up", generation: 0, seq: 0 }]));
    subscription.phase = "live";
  }

  #frameOf(events: LiveEvent[]): EventFrame {
    return new EventFrame(
      this.#options.topic,
      events.map((event) => toFrameEvent(event, 0)),
    );
  }

  #endAll(code: "resume" | "gone") {
    for (const subscription of this.#subscriptions) this.#end(subscription, code);
  }

  #end(subscription: Subscription, code: "resume" | "gone") {
    if (subscription.hasEnded) return;
    this.detach(subscription);
    // Whoever has to come back has lost its place in every topic of the connection.
    subscription.subscriber.fail(liveError(code, code === "gone" ? this.#options.topic : null));
  }
}

const batchEvent = ({ batch, use }: BatchReading): BatchEvent => ({ type: "batch", batch, use });
