import { createHash, randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { TICKET_TTL_MS } from "#lib/limits.ts";
import type { Database } from "#server/database/database.ts";

/** Who may watch what with a ticket. */
export interface TicketGrant {
  userId: string;
  teamId: string;
  /** The one session that it opens. */
  sessionId: string;
}

/** 256 random bits. */
const TICKET = /^[\w-]{43}$/;
const SUBPROTOCOL_PREFIX = "millrace.ticket.";
const AUTHORIZATION_PREFIX = "Ticket ";

/** A ticket that opens one connection once within 30 s. Whether the caller may grant that was asked before. */
export async function createLiveTicket(
  { sql }: Database,
  { userId, teamId, sessionId }: TicketGrant,
): Promise<string> {
  const ticket = randomBytes(32).toString("base64url");
  await sql`
    with expired as (delete from live_tickets where expires_at <= now())
    insert into live_tickets (token_hash, user_id, team_id, session_id, expires_at)
    values (${hash(ticket)}, ${userId}, ${teamId}, ${sessionId},
      now() + ${TICKET_TTL_MS} * interval '1 millisecond')`;
  return ticket;
}

/** What the ticket grants, once: it is gone afterwards, whoever asks. Null when unknown, used or expired. */
export async function redeemLiveTicket(
  { sql }: Database,
  ticket: string,
): Promise<TicketGrant | null> {
  if (!TICKET.test(ticket)) return null;
  const [row] = await sql<(TicketGrant & { isValid: boolean })[]>`
    delete from live_tickets where token_hash = ${hash(ticket)}
    returning user_id as "userId", team_id as "teamId", session_id as "sessionId",
      expires_at > now() as "isValid"`;
  if (row === undefined || !row.isValid) return null;
  return { userId: row.userId, teamId: row.teamId, sessionId: row.sessionId };
}

/**
 * The ticket that a request brings; null when none. A socket has it as a subprotocol, a request for server-sent
 * events as `Authorization: Ticket …`; never the URL, which ends up in logs.
 */
export function findTicket(headers: IncomingHttpHeaders): string | null {
  const { authorization } = headers;
  if (authorization?.startsWith(AUTHORIZATION_PREFIX)) {
    return authorization.slice(AUTHORIZATION_PREFIX.length);
  }
  const offered = headers["sec-websocket-protocol"]?.split(",").map((name) => name.trim()) ?? [];
  const found = offered.find((name) => name.startsWith(SUBPROTOCOL_PREFIX));
  return found?.slice(SUBPROTOCOL_PREFIX.length) ?? null;
}

function hash(ticket: string): string {
  return createHash("sha256").update(ticket).digest("hex");
}
