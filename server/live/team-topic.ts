import type { SessionChangedEvent, Topic } from "#lib/live-protocol.ts";
import type { Log } from "#server/log.ts";
import { EventFrame, toFrameEvent } from "./event-frame.ts";
import { liveError } from "./live-error.ts";
import type { SessionReading } from "./live-readers.ts";
import { Subscription, type Subscriber } from "./subscription.ts";

const COLLECT_MS = 100;

export interface TeamTopicOptions {
  topic: Topic;
  /** What is known of a session, as new as the last news of it; null when it is gone. */
  readState(sessionId: string): Promise<SessionReading | null>;
  log: Log;
  /** The last viewer has left. */
  onEmpty(): void;
}

/**
 * Which sessions of a team changed, for lists. Changes of 100 ms are collected and each session is read once;
 * viewers who are told `caught-up` read their list again.
 */
export class TeamTopic {
  readonly #options: TeamTopicOptions;
  readonly #subscriptions = new Set<Subscription>();
  readonly #changedIds = new Set<string>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: TeamTopicOptions) {
    this.#options = options;
  }

  attach(subscriber: Subscriber): Subscription {
    const subscription = new Subscription(this.#options.topic, subscriber, null);
    subscription.phase = "live";
    this.#subscriptions.add(subscription);
    subscription.send(this.#caughtUp());
    return subscription;
  }

  detach(subscription: Subscription) {
    subscription.phase = "ended";
    this.#subscriptions.delete(subscription);
    if (this.#subscriptions.size > 0) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#options.onEmpty();
  }

  noteState(sessionId: string) {
    this.#changedIds.add(sessionId);
    this.#timer ??= setTimeout(() => void this.#tell(), COLLECT_MS);
  }

  /** News may have been missed. */
  resynchronize() {
    this.#broadcast(this.#caughtUp());
  }

  close() {
    for (const subscription of this.#subscriptions) this.#end(subscription);
  }

  async #tell() {
    const sessionIds = [...this.#changedIds];
    this.#changedIds.clear();
    try {
      const events: SessionChangedEvent[] = [];
      for (const sessionId of sessionIds) {
        events.push(toEvent(sessionId, await this.#options.readState(sessionId)));
      }
      const { topic } = this.#options;
      this.#broadcast(
        new EventFrame(
          topic,
          events.map((event) => toFrameEvent(event, 0)),
        ),
      );
    } catch (error) {
      this.#options.log.warn({ err: error }, "changed sessions could not be read");
      this.close();
    } finally {
      this.#timer = null;
      const [next] = this.#subscriptions.size > 0 ? this.#changedIds : [];
      if (next !== undefined) this.noteState(next);
    }
  }

  #broadcast(frame: EventFrame) {
    for (const subscription of this.#subscriptions) {
      if (!subscription.deliver(frame)) this.#end(subscription);
    }
  }

  #caughtUp(): EventFrame {
    const event = toFrameEvent({ type: "caught-up", generation: 0, seq: 0 }, 0);
    return new EventFrame(this.#options.topic, [event]);
  }

  #end(subscription: Subscription) {
    this.detach(subscription);
    subscription.subscriber.fail(liveError("resume"));
  }
}

function toEvent(sessionId: string, reading: SessionReading | null): SessionChangedEvent {
  if (reading === null) {
    return {
      type: "session-changed",
      sessionId,
      status: "deleted",
      title: "",
      shelf: "open",
      isPinned: false,
      lastSeq: 0,
      updatedAt: new Date().toISOString(),
    };
  }
  const { status, title, shelf, isPinned } = reading.state;
  const { lastSeq, updatedAt } = reading;
  return { type: "session-changed", sessionId, status, title, shelf, isPinned, lastSeq, updatedAt };
}
