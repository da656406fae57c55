import { AppError } from "#lib/errors.ts";
import type { Database, TransactionSql } from "#server/database/database.ts";
import { announce } from "#server/live/bus-message.ts";

/** Proof that its holder may act for a session; see `lease.ts`. */
export interface Ownership {
  sessionId: string;
  generation: number;
  fence: number;
}

export interface LockedSession {
  teamId: string;
  generation: number;
  status: string;
  initiated: boolean;
  ready: boolean;
}

/**
 * Runs `change` with the session's row locked, then raises its revision and tells watchers when all of it commits.
 * Throws `gone` for a tombstone, an unknown id or another generation, so that work of the past changes nothing.
 */
export async function changeSession<Result>(
  { sql }: Database,
  { sessionId, generation }: { sessionId: string; generation: number },
  change: (tx: TransactionSql, session: LockedSession) => Promise<Result>,
): Promise<Result> {
  return (await sql.begin(async (tx) => {
    const session = await lockSession(tx, { sessionId, generation });
    const result = await change(tx, session);
    await Promise.all([
      tx`update sessions set revision = revision + 1, updated_at = now() where id = ${sessionId}`,
      announce(tx, { kind: "state", sessionId, teamId: session.teamId }),
    ]);
    return result;
  })) as Result;
}

/**
 * `changeSession` for the actor: refuses with `conflict` once the lease is another's or has run out by the
 * database's clock, so that a thawed or duplicated worker writes nothing.
 */
export async function changeOwnSession<Result>(
  database: Database,
  ownership: Ownership,
  change: (tx: TransactionSql, session: LockedSession) => Promise<Result>,
): Promise<Result> {
  return changeSession(database, ownership, async (tx, session) => {
    await requireOwnership(tx, ownership);
    return change(tx, session);
  });
}

async function lockSession(
  tx: TransactionSql,
  { sessionId, generation }: { sessionId: string; generation: number },
): Promise<LockedSession> {
  const [row] = await tx<LockedSession[]>`
    select team_id as "teamId", generation, status,
      initiated_at is not null as initiated, ready_at is not null as ready
    from sessions
    where id = ${sessionId} and generation = ${generation} and deleted_at is null
    for update`;
  if (!row) throw new AppError("gone", "The session was deleted", { details: { sessionId } });
  return row;
}

/** Throws `conflict` unless the ownership is the current one. */
export async function requireOwnership(
  tx: TransactionSql,
  { sessionId, fence }: Ownership,
): Promise<void> {
  const [lease] = await tx`
    select 1 from leases
    where session_id = ${sessionId} and fence = ${fence}
      and process_id is not null and expires_at > now()
    for share`;
  if (!lease) {
    throw new AppError("conflict", "Another worker owns the session now", {
      details: { sessionId, fence },
    });
  }
}
