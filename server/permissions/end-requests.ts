import type { TransactionSql } from "#server/database/database.ts";

interface Session {
  sessionId: string;
  generation: number;
}

/** Nobody waits for an answer any more: the turn was stopped (`cancelled`), or ended in another way. */
export async function endRequests(
  tx: TransactionSql,
  { sessionId, generation }: Session,
  state: "cancelled" | "expired",
): Promise<void> {
  await tx`
    update permission_requests set state = ${state}, ended_at = now()
    where session_id = ${sessionId} and generation = ${generation} and state = 'pending'`;
}

/** Says of a session in whose turn nothing is asked any more that it goes on working. */
export async function resumeSession(
  tx: TransactionSql,
  { sessionId, generation }: Session,
): Promise<void> {
  await tx`
    update sessions set status = 'working'
    where id = ${sessionId} and status = 'needs_you' and not exists (
      select from permission_requests
      where session_id = ${sessionId} and generation = ${generation} and state = 'pending'
    )`;
}
