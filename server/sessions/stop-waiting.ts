import type { TransactionSql } from "#server/database/database.ts";

interface Session {
  sessionId: string;
  generation: number;
}

/**
 * Ends a preparation that no worker has begun, as its worker would: it has failed, and what waits for it waits for Retry.
 * False, and nothing is changed, where somebody owns the session. Whoever takes it over meanwhile reads this first, because he locks
 * the row that is locked here.
 */
export async function stopWaiting(
  tx: TransactionSql,
  { sessionId, generation }: Session,
): Promise<boolean> {
  const stopped = await tx`
    update preparations set status = 'failed', revision = revision + 1, updated_at = now()
    where session_id = ${sessionId} and generation = ${generation} and status = 'waiting'
      and not exists (
        select from leases
        where leases.session_id = ${sessionId} and process_id is not null and expires_at > now()
      )
    returning 1`;
  if (stopped.length === 0) return false;
  await tx`
    update sessions set status = 'failed', status_message = 'Stopped' where id = ${sessionId}`;
  await forgetStop(tx, { sessionId, generation });
  return true;
}

/** What waits may run again: its Stop was heeded, or a person wants it to. */
export async function forgetStop(
  tx: TransactionSql,
  { sessionId, generation }: Session,
): Promise<void> {
  await tx`
    update prompts set interrupt_requested_at = null
    where session_id = ${sessionId} and generation = ${generation} and status = 'accepted'`;
}
