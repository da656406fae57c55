import { pendingSteps } from "#lib/preparation.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { isKept } from "#server/checkpoints/find-checkpoint.ts";
import { announce } from "#server/live/transact.ts";
import type { Queue } from "#server/queue/queue.ts";
import { freeSlots } from "./slot-position.ts";
import { hostQueueName, runSessionJob } from "./run-session-job.ts";

/**
 * Wakes the session's actor when the transaction commits: a running one reads its rows again, otherwise the job
 * starts one. A surplus job finds the lease taken and ends. Folders live on one host, so its queue comes first, unless
 * the session is kept in a checkpoint and that host has no slot for it, or is gone.
 */
export async function enqueueRun(
  tx: TransactionSql,
  queue: Queue,
  {
    sessionId,
    generation,
    toItsHost = false,
  }: { sessionId: string; generation: number; toItsHost?: boolean },
): Promise<void> {
  const [workspace] = await tx<{ hostId: string }[]>`
    select host_id as "hostId"
    from workspaces join sessions
      on sessions.id = session_id and sessions.generation = workspaces.generation
    where session_id = ${sessionId} and workspaces.generation = ${generation}
      and (
        ${toItsHost} or deleted_at is not null or not ${isKept(tx, "sessions")}
        or ${freeSlots(tx, tx`workspaces.host_id`)} > 0
      )`;
  await queue.enqueue(
    runSessionJob,
    { sessionId, generation },
    { tx, ...(workspace && { queueName: hostQueueName(workspace.hostId) }) },
  );
  announce(tx, { kind: "wake", sessionId });
}

/**
 * `enqueueRun` for a session that has new work. When nobody owns it, or its owner has failed and is about to give it back,
 * its page shows at once that it waits for a worker, which starts with a new attempt of the preparation.
 */
export async function wakeSession(
  tx: TransactionSql,
  queue: Queue,
  session: { sessionId: string; generation: number },
): Promise<void> {
  const [acting] = await tx`
    select 1 from leases join sessions on sessions.id = session_id
    where session_id = ${session.sessionId} and process_id is not null and expires_at > now()
      and status <> 'failed'`;
  if (acting) await enqueueRun(tx, queue, session);
  else await restartSession(tx, queue, session);
}

/**
 * Sends a session back to the start of its preparation, also while the worker that failed at it still owns it. A Stop that
 * nobody has heeded yet ends it there.
 */
export async function restartSession(
  tx: TransactionSql,
  queue: Queue,
  { sessionId, generation }: { sessionId: string; generation: number },
): Promise<void> {
  await tx`
    update sessions set status = 'preparing', status_message = null where id = ${sessionId}`;
  await tx`
    update preparations
    set status = 'waiting', revision = revision + 1, steps = ${JSON.stringify(pendingSteps())}::text::jsonb,
      updated_at = now()
    where session_id = ${sessionId} and generation = ${generation}`;
  await enqueueRun(tx, queue, { sessionId, generation });
}
