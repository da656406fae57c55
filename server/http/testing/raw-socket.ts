import { once } from "node:events";
import { connect } from "node:net";

/** A connection that sends exactly what it is told, as no HTTP client would. */
export interface RawSocket {
  send(text: string): void;
  /** A request for a WebSocket at `target`, under a `Host` that is ours unless given. */
  upgrade(target: string, host?: string): void;
  /** Resolves with the first bytes of an answer. */
  readSome(): Promise<string>;
  /** All that arrived until the connection was closed, by whichever side and in whichever way. */
  readAll(): Promise<string>;
  /** FIN: nothing more is sent, and the answer is still read. */
  end(): void;
  /** RST, as when a process on the other side is killed. */
  reset(): void;
}

export async function openRawSocket(port: number): Promise<RawSocket> {
  const socket = connect({ port, host: "127.0.0.1" });
  let text = "";
  socket.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  socket.on("error", () => socket.destroy());
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await once(socket, "connect");
  const send = (bytes: string) => void socket.write(bytes);
  return {
    send,
    upgrade: (target, host = `127.0.0.1:${port}`) =>
      send(
        `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      ),
    async readSome() {
      if (text === "") await once(socket, "data");
      return text;
    },
    async readAll() {
      await closed;
      return text;
    },
    end: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
  };
}
