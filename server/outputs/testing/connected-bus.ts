import type { Bus, BusListenerFunction } from "#server/live/bus.ts";

/** News between parts of one process, as the bus brings it; what a test drops is lost as on a network. */
export function createLocalBus(): Pick<
  Bus,
  "tell" | "publishVolatile" | "subscribe" | "onReconnect"
> {
  const listeners = new Set<BusListenerFunction>();
  return {
    tell(...news) {
      for (const message of news) for (const listener of listeners) listener(message);
    },
    publishVolatile(sessionId, event) {
      const message = { kind: "volatile", origin: "prc_test", sessionId, events: [event] } as const;
      for (const listener of listeners) listener({ ...message, events: [...message.events] });
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onReconnect: () => () => {},
  };
}
