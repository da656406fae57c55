import type { Cursor, LiveError, LiveEvent, Topic } from "#lib/live-protocol.ts";
import { LiveConnection } from "./live-connection.ts";
import type { ConnectionState, Observable } from "./connection-state.ts";
import type { CreateSocket } from "./open-socket.ts";

export interface TopicHandlers {
  /** Where to go on; null for everything. Read once: the client keeps its own afterwards. */
  cursor: Cursor | null;
  /** What is new, in order, every item once. Nothing is called because a connection was lost. */
  onEvents(events: LiveEvent[]): void;
  /** The subscription is over for a reason that trying again does not change. */
  onError(error: LiveError): void;
}

export interface LiveClient {
  /** One subscription per topic at a time. Returns how to end it. */
  subscribe(topic: Topic, handlers: TopicHandlers): () => void;
  readonly connection: Observable<ConnectionState>;
  /** The server was reached in another way: while offline, tries again now instead of after a pause. */
  retryNow(): void;
  close(): void;
}

export interface LiveClientOptions {
  /** Of the socket: `wss://host/api/v1/live`. */
  url: string;
  /** Where there is no cookie. A ticket opens one connection to one session. */
  fetchTicket?: () => Promise<string>;
  /** Where there is no global WebSocket, or another one is wanted. */
  createSocket?: CreateSocket;
  /** Calls back when the page returns; see `watchPage`, the default. */
  watchReturn?: (onReturn: () => void) => () => void;
  /** A connection that is silent for longer is dead. The server speaks every 25 s. */
  silenceMs?: number;
}

/**
 * The browser's side of the live protocol: one connection for all topics of a page, which comes back by itself and
 * goes on without a gap. Where sockets do not get through, server-sent events take their place.
 */
export function createLiveClient(options: LiveClientOptions): LiveClient {
  const connection = new LiveConnection(options);
  return {
    subscribe: (topic, handlers) => connection.subscribe(topic, handlers),
    connection: connection.state,
    retryNow: () => connection.retryNow(),
    close: () => connection.close(),
  };
}
