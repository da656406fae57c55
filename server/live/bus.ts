import type { Database } from "#server/database/database.ts";
import type { Log } from "#server/log.ts";
import { BusListener } from "./bus-listener.ts";
import type { BusMessage, VolatileEvent } from "./bus-message.ts";
import { readBusMessage } from "./read-bus-message.ts";
import { VolatileSender } from "./volatile-sender.ts";

export type BusListenerFunction = (message: BusMessage) => void;

/** News between the processes that share a database, this one included. */
export interface Bus {
  /** Returns how to stop. Durable news arrives after its commit, at least once while connected. */
  subscribe(listener: BusListenerFunction): () => void;
  /** Tells this process at once and others, if there are any, within 100 ms; may be lost, is never stored. */
  publishVolatile(sessionId: string, event: VolatileEvent): void;
  /** Called when news may have been missed: whatever is shown must be read again. Returns how to stop. */
  onReconnect(listener: () => void): () => void;
  /** Volatile events that other processes never got, since the start. */
  droppedVolatileCount(): number;
  close(): Promise<void>;
}

export interface BusOptions {
  /** For the one connection that listens, which never carries anything else. */
  databaseUrl: string;
  database: Database;
  processId: string;
  log: Log;
  /** Whether another process uses the database now; volatile events stay here while there is none. */
  hasPeers(): boolean;
  /** Shorter in tests. */
  beatIntervalMs?: number;
  beatTimeoutMs?: number;
}

/** Resolves when news arrives. One per process: the caller keeps it on `globalThis`. */
export async function openBus(options: BusOptions): Promise<Bus> {
  const { database, processId, log, hasPeers } = options;
  const listeners = new Set<BusListenerFunction>();
  const reconnectListeners = new Set<() => void>();
  const sender = new VolatileSender({ sql: database.sql, processId, log });

  const tell = (message: BusMessage) => {
    for (const listener of listeners) listener(message);
  };

  const listener = new BusListener({
    ...options,
    onPayload(payload) {
      const message = readBusMessage(payload);
      if (message === null) return log.warn({ byteLength: payload.length }, "unknown message on the bus");
      const isEcho = message.kind === "volatile" && message.origin === processId;
      if (!isEcho) tell(message);
    },
    onRelisten() {
      for (const reconnected of reconnectListeners) reconnected();
    },
  });
  await listener.open();

  return {
    subscribe: (added) => addTo(listeners, added),
    onReconnect: (added) => addTo(reconnectListeners, added),
    publishVolatile(sessionId, event) {
      tell({ kind: "volatile", origin: processId, sessionId, events: [event] });
      if (hasPeers()) sender.add(sessionId, event);
    },
    droppedVolatileCount: () => sender.droppedCount,
    async close() {
      sender.close();
      await listener.close();
    },
  };
}

function addTo<Listener>(set: Set<Listener>, listener: Listener): () => void {
  set.add(listener);
  return () => void set.delete(listener);
}
