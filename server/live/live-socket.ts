import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import { isAppError } from "#lib/errors.ts";
import { SOCKET_FRAME_MAX_BYTES, SOCKET_PING_MS } from "#lib/limits.ts";
import { LIVE_SUBPROTOCOL, type Topic } from "#lib/live-protocol.ts";
import type { Log } from "#server/log.ts";
import type { LiveHub } from "./hub.ts";
import { isOriginAccepted, type LiveAccess } from "./live-access.ts";
import { liveError } from "./live-error.ts";
import { answerLiveEvents } from "./live-events-route.ts";
import { LiveWebSocket } from "./live-web-socket.ts";
import { SocketConnection } from "./socket-connection.ts";
import { SocketKeeper } from "./socket-keeper.ts";
import { RECHECK_MS, Watchers } from "./watchers.ts";

export interface LiveSocketOptions<Viewer> extends LiveAccess<Viewer> {
  hub: LiveHub;
  log: Log;
  /** Shorter in tests. */
  pingMs?: number;
  recheckMs?: number;
}

/** The live protocol on a server of the caller's: WebSockets, and the same as server-sent events. */
export interface LiveSockets {
  /** For `server.on("upgrade")`, when the path is ours. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** For `GET /api/v1/sessions/:id/events` and the like; see `answerLiveEvents`. */
  answerEvents(request: IncomingMessage, response: ServerResponse, topic: Topic): Promise<void>;
  /** Of WebSockets. */
  connectionCount(): number;
  /** Breaks every connection, streams of events too, as a broken network would; for tests of clients. */
  cutAllSockets(): void;
  /** Ends all connections. The hub was closed before, which told them to come back. */
  close(): void;
}

export function createLiveSockets<Viewer>(options: LiveSocketOptions<Viewer>): LiveSockets {
  const { hub, log, authenticate, authorize, findEnded, isAllowedOrigin } = options;
  const { pingMs = SOCKET_PING_MS, recheckMs = RECHECK_MS } = options;
  const keeper = new SocketKeeper({ pingMs });
  const watchers = new Watchers<Viewer>({ findEnded, recheckMs, log });
  const server = new WebSocketServer({
    noServer: true,
    WebSocket: LiveWebSocket,
    clientTracking: false,
    maxPayload: SOCKET_FRAME_MAX_BYTES,
    perMessageDeflate: false,
    // The others that a client offers may be a ticket.
    handleProtocols: (offered) => (offered.has(LIVE_SUBPROTOCOL) ? LIVE_SUBPROTOCOL : false),
  });

  const serve = (socket: WebSocket, stream: Duplex, viewer: Viewer) => {
    const connection = new SocketConnection(socket, stream, {
      hub,
      authorize: (topic) => authorize(viewer, topic),
    });
    keeper.add(socket);
    const leave = watchers.add(viewer, {
      fail: (error) => connection.fail(error),
      cut: () => socket.terminate(),
    });
    socket.on("message", (data, isBinary) => {
      keeper.noteAlive(socket);
      if (isBinary) return connection.fail(liveError("invalid_input"));
      connection.onText(data.toString());
    });
    socket.on("pong", () => keeper.noteAlive(socket));
    socket.on("close", () => {
      leave();
      keeper.remove(socket);
      connection.onClosed();
    });
  };

  const accept = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { viewer, reason } = await authenticate(request).then(
      (found) => ({ viewer: found, reason: undefined }),
      toRefusal,
    );
    server.handleUpgrade(request, socket, head, (webSocket) => {
      // Closing follows an error by itself; a frame over the limit and a reset connection end here.
      webSocket.on("error", (error) => log.debug({ err: error }, "live socket"));
      if (viewer !== null) return serve(webSocket, socket, viewer);
      // A refused upgrade is a riddle to a page, so it is refused in a frame.
      const error = liveError("unauthorized");
      webSocket.send(JSON.stringify({ ...error, message: reason ?? error.message }));
      webSocket.close(4401, "unauthorized");
    });
  };

  return {
    handleUpgrade(request, socket, head) {
      socket.on("error", () => socket.destroy());
      if (!isOriginAccepted(request, isAllowedOrigin)) return refuse(socket, "403 Forbidden");
      accept(request, socket, head).catch((error: unknown) => {
        log.warn({ err: error }, "a live socket could not be opened");
        refuse(socket, "503 Service Unavailable");
      });
    },
    answerEvents: (request, response, topic) =>
      answerLiveEvents(request, response, { ...options, pingMs, watchers, topic }),
    connectionCount: () => keeper.count,
    cutAllSockets: () => watchers.cutAll(),
    close() {
      watchers.stop();
      keeper.stop();
      keeper.terminateAll();
    },
  };
}

/** What somebody is told who brought something that is not good enough; other errors are thrown on. */
function toRefusal(error: unknown): { viewer: null; reason: string } {
  if (isAppError(error) && (error.code === "unauthorized" || error.code === "forbidden"))
    return { viewer: null, reason: error.message };
  throw error;
}

function refuse(socket: Duplex, status: string) {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
