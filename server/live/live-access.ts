import type { IncomingMessage } from "node:http";
import type { Topic } from "#lib/live-protocol.ts";
import { findBearerToken } from "#server/accounts/find-caller.ts";
import { findTicket } from "./tickets.ts";

/** Who may watch what; the same questions for sockets and server-sent events. */
export interface LiveAccess<Viewer> {
  /**
   * By `findTicket`, API token or cookie; null for nobody. Throws `unauthorized` or `forbidden` with the reason where
   * there is one to tell. Asked once per connection: it uses up the ticket. `topic` is what a connection of one topic is for.
   */
  authenticate(request: IncomingMessage, topic?: Topic): Promise<Viewer | null>;
  /** What belongs to somebody else is `not_found`, exactly as what does not exist. */
  authorize(viewer: Viewer, topic: Topic): Promise<"ok" | "not_found">;
  /** Those who may watch nothing any more, because their login or membership has ended. */
  findEnded(viewers: Viewer[]): Promise<Set<Viewer>>;
  isAllowedOrigin(origin: string): boolean;
}

/**
 * False for a page of another site, whose requests would carry our cookie. Without an Origin only a ticket and an API
 * token are good: every browser sends one when it opens a socket, and programs have no cookie.
 */
export function isOriginAccepted(
  { headers }: IncomingMessage,
  isAllowedOrigin: (origin: string) => boolean,
): boolean {
  if (headers.origin === undefined) {
    return findTicket(headers) !== null || findBearerToken(headers) !== null;
  }
  return isAllowedOrigin(headers.origin);
}
