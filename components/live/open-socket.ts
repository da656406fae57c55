import { LIVE_SUBPROTOCOL, type ServerFrame } from "#lib/live-protocol.ts";
import type { Transport, TransportHandlers } from "./transport.ts";

/** What we use of a browser's WebSocket. */
export interface SocketLike {
  send(text: string): void;
  close(): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
}

export type CreateSocket = (url: string, protocols: string[]) => SocketLike;

interface OpenSocketOptions {
  url: string;
  /** Single use; null when a cookie says who we are. */
  ticket: string | null;
  createSocket: CreateSocket;
  handlers: TransportHandlers;
}

export function openSocket({ url, ticket, createSocket, handlers }: OpenSocketOptions): Transport {
  const protocols = [LIVE_SUBPROTOCOL];
  if (ticket !== null) protocols.push(`millrace.ticket.${ticket}`);
  const socket = createSocket(url, protocols);
  // Properties, not listeners: so `SocketLike` stays small enough for any WebSocket.
  /* oxlint-disable unicorn/prefer-add-event-listener */
  socket.onopen = () => handlers.onOpen();
  socket.onmessage = ({ data }: { data: unknown }) => {
    handlers.onFrame(JSON.parse(String(data)) as ServerFrame);
  };
  socket.onclose = () => handlers.onClosed();
  // A close follows every error and says as much.
  socket.onerror = () => {};
  /* oxlint-enable unicorn/prefer-add-event-listener */
  return {
    send: (frame) => socket.send(JSON.stringify(frame)),
    close: () => socket.close(),
  };
}
