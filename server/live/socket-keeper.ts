import type { WebSocket } from "ws";

const PING_FRAME = Buffer.from(JSON.stringify({ type: "ping" }));

interface KeptSocket {
  hasAnswered: boolean;
  /** Bytes that waited in this process at the last ping. */
  bufferedBytes: number;
}

/**
 * Pings all sockets, in two ways: a ping of the protocol, whose missing answer shows a dead peer, and a frame, because
 * pages cannot see the former. A socket that neither answered nor took any of what waits for it since the last ping
 * is dead.
 */
export class SocketKeeper {
  readonly #sockets = new Map<WebSocket, KeptSocket>();
  readonly #timer: NodeJS.Timeout;

  constructor({ pingMs }: { pingMs: number }) {
    this.#timer = setInterval(() => this.#pingAll(), pingMs);
    this.#timer.unref();
  }

  get count() {
    return this.#sockets.size;
  }

  add(socket: WebSocket) {
    this.#sockets.set(socket, { hasAnswered: true, bufferedBytes: 0 });
  }

  remove(socket: WebSocket) {
    this.#sockets.delete(socket);
  }

  /** The peer sent something. */
  noteAlive(socket: WebSocket) {
    const kept = this.#sockets.get(socket);
    if (kept !== undefined) kept.hasAnswered = true;
  }

  /** Ends every socket as a broken network would. */
  terminateAll() {
    for (const socket of this.#sockets.keys()) socket.terminate();
  }

  stop() {
    clearInterval(this.#timer);
  }

  #pingAll() {
    for (const [socket, kept] of this.#sockets) {
      const takesBytes = socket.bufferedAmount < kept.bufferedBytes;
      if (!kept.hasAnswered && !takesBytes) {
        socket.terminate();
        continue;
      }
      kept.hasAnswered = false;
      if (socket.readyState !== socket.OPEN) continue;
      socket.ping();
      socket.send(PING_FRAME, { binary: false });
      kept.bufferedBytes = socket.bufferedAmount;
    }
  }
}
