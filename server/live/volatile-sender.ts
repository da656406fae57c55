import type { Sql } from "#server/database/database.ts";
import type { Log } from "#server/log.ts";
import { BUS_CHANNEL, type VolatileEvent, type VolatileNews } from "./bus-message.ts";
import { VolatileQueue } from "./volatile-queue.ts";

/** At most ten notifications a second per session. */
const SEND_INTERVAL_MS = 100;

interface VolatileSenderOptions {
  sql: Sql;
  /** This process, which ignores its own notifications. */
  processId: string;
  log: Log;
}

/**
 * Sends volatile events to other processes: one statement every 100 ms for all sessions, outside any transaction.
 * What cannot be sent is dropped and counted; nothing waits for it.
 */
export class VolatileSender {
  readonly #options: VolatileSenderOptions;
  readonly #queues = new Map<string, VolatileQueue>();
  #timer: NodeJS.Timeout | null = null;
  #sending = false;
  #lastSentAt = 0;
  droppedCount = 0;

  constructor(options: VolatileSenderOptions) {
    this.#options = options;
  }

  add(sessionId: string, event: VolatileEvent) {
    let queue = this.#queues.get(sessionId);
    if (queue === undefined) this.#queues.set(sessionId, (queue = new VolatileQueue()));
    this.droppedCount += queue.add(event);
    this.#schedule();
  }

  close() {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#queues.clear();
  }

  #schedule() {
    if (this.#timer !== null || this.#sending || this.#queues.size === 0) return;
    const dueInMs = Math.max(0, this.#lastSentAt + SEND_INTERVAL_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#send();
    }, dueInMs);
  }

  async #send() {
    const news = this.#takeOfEachSession();
    if (news.length === 0) return;
    this.#sending = true;
    this.#lastSentAt = performance.now();
    const payloads = news.map((message) => JSON.stringify(message));
    try {
      await this.#options.sql`
        select pg_notify(${BUS_CHANNEL}, payload) from unnest(${payloads}::text[]) as payload`;
    } catch (error) {
      this.droppedCount += news.reduce((count, { events }) => count + events.length, 0);
      this.#options.log.warn(
        { err: error, droppedCount: this.droppedCount },
        "volatile events dropped",
      );
    } finally {
      this.#sending = false;
      this.#schedule();
    }
  }

  #takeOfEachSession(): VolatileNews[] {
    const news: VolatileNews[] = [];
    for (const [sessionId, queue] of this.#queues) {
      const events = queue.take();
      if (queue.isEmpty) this.#queues.delete(sessionId);
      if (events.length > 0) {
        news.push({ kind: "volatile", origin: this.#options.processId, sessionId, events });
      }
    }
    return news;
  }
}
