import { createServer } from "node:http";
import type { WireItem } from "#lib/live-protocol.ts";
import type { BusMessage } from "#server/live/bus-message.ts";
import { createLiveHub } from "#server/live/hub.ts";
import { createLiveSockets } from "#server/live/live-socket.ts";
import { makeState, SESSION_ID } from "#server/live/testing/memory-session.ts";
import { log } from "#server/log.ts";
import type { Contender } from "./contender.ts";
import { makeItem } from "./event.ts";

/**
 * Our hub and sockets; rows come from memory, since the peers have none at all. Uncoalesced, every event is a row, a
 * piece of news, a reading and a frame of its own before the next one is made.
 */
export function startOurs({ isCoalesced }: { isCoalesced: boolean }): Contender {
  let items: WireItem[] = [];
  let lastSeq = 0;
  let tell: (message: BusMessage) => void = () => {};
  const hub = createLiveHub({
    bus: {
      subscribe(listener) {
        tell = listener;
        return () => {};
      },
      onLost: () => () => {},
      onReconnect: () => () => {},
    },
    log,
    readState: async () => ({ state: makeState(), lastSeq, updatedAt: "" }),
    readItemsAfter: async ({ afterSeq }) => {
      items = items.filter(({ seq }) => seq > afterSeq);
      return { items, done: true };
    },
    flushInterval: isCoalesced ? undefined : { minMs: 0, maxMs: 0 },
  });
  const sockets = createLiveSockets({
    hub,
    log,
    authenticate: async () => "viewer",
    authorize: async () => "ok",
    findEnded: async () => new Set(),
    isAllowedOrigin: () => true,
  });
  const server = createServer();
  server.on("upgrade", (request, socket, head) => sockets.handleUpgrade(request, socket, head));

  const publishOne = () => {
    lastSeq += 1;
    items.push(makeItem(lastSeq));
    tell({ kind: "items", sessionId: SESSION_ID, generation: 1, seq: lastSeq });
  };
  return {
    server,
    async publish(count) {
      for (let published = 0; published < count; published += 1) {
        publishOne();
        if (isCoalesced) continue;
        // One turn for the reading, one for the frame.
        for (let turn = 0; turn < 2; turn += 1)
          await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}
