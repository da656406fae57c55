import type { Server } from "node:http";

export const contenderNames = [
  "ours",
  "ours-uncoalesced",
  "ws-loop",
  "trpc-ws",
  "raw-socket",
] as const;

export type ContenderName = (typeof contenderNames)[number];

/** A server that tells everybody who is connected about events. */
export interface Contender {
  server: Server;
  /** Tells of the next `count` events, back to back; resolves when the last one was handed to the sockets. */
  publish(count: number): Promise<void>;
}
