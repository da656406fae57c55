import { AppError, isAppError } from "#lib/errors.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { announce, transact } from "#server/live/transact.ts";
import type { Services } from "#server/services.ts";

type Needs = Pick<Services, "database" | "bus">;

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
  /** False for a session that was brought here. */
  hasWorkspace: boolean;
  /** In the archive or in the trash. */
  isPutAway: boolean;
}

/**
 * Runs `change` with the session's row locked, then raises its revision and tells watchers when all of it commits.
 * Throws `gone` for a tombstone, an unknown id or another generation, so that work of the past changes nothing.
 */
export async function changeSession<Result>(
  services: Needs,
  { sessionId, generation }: { sessionId: string; generation: number },
  change: (tx: TransactionSql, session: LockedSession) => Promise<Result>,
): Promise<Result> {
  return transact(services, async (tx) => {
    const session = await lockSession(tx, { sessionId, generation });
    const result = await change(tx, session);
    await tx`update sessions set revision = revision + 1, updated_at = now() where id = ${sessionId}`;
    announce(tx, { kind: "state", sessionId, teamId: session.teamId });
    return result;
  });
}

/**
 * `changeSession` for the actor: refuses with `conflict` once the lease is another's or has run out by the
 * database's clock, so that a thawed or duplicated worker writes nothing.
 */
export async function changeOwnSession<Result>(
  services: Needs,
  ownership: Ownership,
  change: (tx: TransactionSql, session: LockedSession) => Promise<Result>,
): Promise<Result> {
  return changeSession(services, ownership, async (tx, session) => {
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
      initiated_at is not null as initiated, ready_at is not null as ready,
      repository is not null as "hasWorkspace",
      archived_at is not null or trashed_at is not null as "isPutAway"
    from sessions
    where id = ${sessionId} and generation = ${generation} and deleted_at is null
    for update`;
  if (!row) throw new AppError("gone", "The session was deleted", { details: { sessionId } });
  return row;
}

/** Throws `conflict` for a session in the archive or the trash: nothing begins to work there. */
export function requireOpen({ isPutAway }: LockedSession): void {
  if (!isPutAway) return;
  throw new AppError("conflict", "The session was put away: take it back from there first");
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

/** True of the `conflict` that `changeOwnSession` and the writer of items throw, of no other. */
export const isOwnershipLost = (error: unknown): boolean =>
  isAppError(error) && error.code === "conflict" && "fence" in error.details;
