import type { Database } from "#server/database/database.ts";
import type { Log } from "#server/log.ts";
import { BusListener } from "./bus-listener.ts";
import { type BusMessage, type DurableNews, sendNews, type VolatileEvent } from "./bus-message.ts";
import { createNewsSender } from "./news-sender.ts";
import { readBusMessage } from "./read-bus-message.ts";
import { VolatileSender } from "./volatile-sender.ts";

export type BusListenerFunction = (message: BusMessage) => void;

/** News between the processes that share a database, this one included. */
export interface Bus {
  /** Returns how to stop. Durable news arrives after its commit, at least once while connected. */
  subscribe(listener: BusListenerFunction): () => void;
  /**
   * Tells this process at once and all others soon; for what is committed. `transact` calls it. News that could not
   * be sent is tried again; it is lost only with this process, whose sessions others then look at anew.
   */
  tell(...news: DurableNews[]): void;
  /** Tells this process at once and others, if there are any, within 100 ms; may be lost, is never stored. */
  publishVolatile(sessionId: string, event: VolatileEvent): void;
  /** Called when nothing is heard of others, and of the database, until `onReconnect`. Returns how to stop. */
  onLost(listener: () => void): () => void;
  /** Called when news may have been missed: whatever is shown must be read again. Returns how to stop. */
  onReconnect(listener: () => void): () => void;
  /** Volatile events that other processes never got, since the start. */
  droppedVolatileCount(): number;
  close(): Promise<void>;
}

export interface BusOptions {
  /** For the connection that listens, which never carries anything else, and the one that checks it. */
  databaseUrl: string;
  database: Database;
  processId: string;
  log: Log;
  /** Whether another process uses the database, as of less than 5 s ago; news stays here while there is none. */
  hasPeers(): boolean;
  /** Shorter in tests. */
  beatIntervalMs?: number;
  beatTimeoutMs?: number;
}

/** `hasPeers` knows of a process by then that has said hello. */
const GREETING_MS = 5_000;

/** Resolves when news arrives. One per process: the caller keeps it on `globalThis`. */
export async function openBus(options: BusOptions): Promise<Bus> {
  const { database, processId, log, hasPeers } = options;
  const listeners = new Set<BusListenerFunction>();
  const lostListeners = new Set<() => void>();
  const reconnectListeners = new Set<() => void>();
  const sender = new VolatileSender({ sql: database.sql, processId, log });
  const newsSender = createNewsSender({ sql: database.sql, processId, log });

  /** A process that has just come may be missing in what `hasPeers` knows. */
  let greetedUntilMs = 0;
  const mayHavePeers = () => hasPeers() || performance.now() < greetedUntilMs;

  const deliver = (message: BusMessage) => {
    for (const listener of listeners) listener(message);
  };

  const listener = new BusListener({
    ...options,
    onPayload(payload) {
      const received = readBusMessage(payload);
      if (received === null)
        return log.warn({ byteLength: payload.length }, "unknown message on the bus");
      if (received.origin === processId) return undefined;
      if (received.message.kind !== "hello") return deliver(received.message);
      greetedUntilMs = performance.now() + GREETING_MS;
      return undefined;
    },
    onLost() {
      for (const lost of lostListeners) lost();
    },
    onRelisten() {
      for (const reconnected of reconnectListeners) reconnected();
    },
  });
  await listener.open();
  await sendNews(database.sql, [{ kind: "hello" }], processId);

  return {
    subscribe: (added) => addTo(listeners, added),
    onLost: (added) => addTo(lostListeners, added),
    onReconnect: (added) => addTo(reconnectListeners, added),
    tell(...news) {
      for (const message of news) deliver(message);
      if (mayHavePeers()) newsSender.add(news);
    },
    publishVolatile(sessionId, event) {
      deliver({ kind: "volatile", origin: processId, sessionId, events: [event] });
      if (mayHavePeers()) sender.add(sessionId, event);
    },
    droppedVolatileCount: () => sender.droppedCount,
    async close() {
      sender.close();
      await newsSender.close();
      await listener.close();
    },
  };
}

function addTo<Listener>(set: Set<Listener>, listener: Listener): () => void {
  set.add(listener);
  return () => void set.delete(listener);
}
