import type { TransactionSql } from "#server/database/database.ts";
import type { Services } from "#server/services.ts";
import { changeOwnSession, type Ownership } from "../change-session.ts";
import { enqueueRun } from "../enqueue-run.ts";

/**
 * Gives the session back, unless a prompt came since the rows were read: prompts are accepted and leases released
 * under the same row lock, so that none is overlooked. `callNext` gives it back in any case and enqueues its next
 * run. False when the session was kept.
 */
export async function releaseSession(
  services: Pick<Services, "database" | "bus" | "queue">,
  ownership: Ownership,
  { callNext }: { callNext: boolean },
): Promise<boolean> {
  const { sessionId, generation, fence } = ownership;
  return changeOwnSession(services, ownership, async (tx, session) => {
    const hasWork = session.status !== "failed" && (await findWork(tx, ownership));
    if (hasWork && !callNext) return false;
    if (hasWork) {
      await tx`
        update preparations set status = 'waiting', revision = revision + 1
        where session_id = ${sessionId} and generation = ${generation}`;
      await tx`update sessions set status = 'preparing' where id = ${sessionId}`;
      await enqueueRun(tx, services.queue, ownership);
    } else if (session.ready && session.status !== "failed") {
      await tx`update sessions set status = 'idle' where id = ${sessionId}`;
      await tx`
        update preparations set status = 'ready', revision = revision + 1
        where session_id = ${sessionId} and generation = ${generation} and status <> 'ready'`;
    }
    await tx`
      update leases set process_id = null, expires_at = null
      where session_id = ${sessionId} and fence = ${fence}`;
    return true;
  });
}

/** A prompt that may be delivered, or a first preparation that nobody has finished. */
async function findWork(tx: TransactionSql, ownership: Ownership): Promise<boolean> {
  const [row] = await tx<{ hasWork: boolean }[]>`
    select (initiated_at is not null and exists (
        select 1 from prompts
        where session_id = sessions.id and prompts.generation = sessions.generation
          and prompts.status = 'accepted'
      )) or (ready_at is null and preparations.status in ('waiting', 'running')) as "hasWork"
    from sessions join preparations
      on session_id = sessions.id and preparations.generation = sessions.generation
    where sessions.id = ${ownership.sessionId}`;
  return row?.hasWork ?? false;
}
