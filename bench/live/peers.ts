import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { Duplex } from "node:stream";
import { initTRPC } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { observable } from "@trpc/server/observable";
import { WebSocketServer } from "ws";
import type { ItemEvent } from "#lib/live-protocol.ts";
import type { Contender } from "./contender.ts";
import { makeEvent } from "./event.ts";

/** What most servers do: serialise once, send to each. */
export function startWsLoop(): Contender {
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  let seq = 0;
  return {
    server,
    async publish(count) {
      for (let published = 0; published < count; published += 1) {
        const text = JSON.stringify(makeEvent(++seq));
        for (const socket of sockets.clients) socket.send(text);
      }
    },
  };
}

/** tRPC subscriptions in their faster form, observables, over its adapter for ws. */
export function startTrpcWs(): Contender {
  const server = createServer();
  const wss = new WebSocketServer({ server, perMessageDeflate: false });
  const { router, procedure } = initTRPC.create();
  const listeners = new Set<(event: ItemEvent) => void>();
  const appRouter = router({
    events: procedure.subscription(() =>
      observable<ItemEvent>((emit) => {
        const listener = (event: ItemEvent) => emit.next(event);
        listeners.add(listener);
        return () => listeners.delete(listener);
      }),
    ),
  });
  applyWSSHandler({ wss, router: appRouter });
  let seq = 0;
  return {
    server,
    async publish(count) {
      for (let published = 0; published < count; published += 1) {
        const event = makeEvent(++seq);
        for (const listener of listeners) listener(event);
      }
    },
  };
}

/** As little as can be: one frame made by hand and written to each bare socket. */
export function startRawSocket(): Contender {
  const server = createServer();
  const sockets = new Set<Duplex>();
  server.on("upgrade", (request, socket) => {
    const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash("sha1").update(key).digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.on("error", () => sockets.delete(socket));
    socket.resume();
    sockets.add(socket);
  });
  let seq = 0;
  return {
    server,
    async publish(count) {
      for (let published = 0; published < count; published += 1) {
        const payload = Buffer.from(JSON.stringify(makeEvent(++seq)));
        const frame = Buffer.concat([
          Buffer.from([0x81, 126, payload.length >> 8, payload.length & 255]),
          payload,
        ]);
        for (const socket of sockets) socket.write(frame);
      }
    },
  };
}
