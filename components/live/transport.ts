import type { ClientFrame, ServerFrame } from "#lib/live-protocol.ts";

/** One connection, made once: what carries frames between the client and a server. */
export interface Transport {
  /** Only after `onOpen`. */
  send(frame: ClientFrame): void;
  /** Nothing is heard of it afterwards that matters. */
  close(): void;
}

export interface TransportHandlers {
  onOpen(): void;
  onFrame(frame: ServerFrame): void;
  /** It never opened or is over; no frame follows. */
  onClosed(): void;
}
