import type { PushFailure } from "#lib/changes/branch-push.ts";
import { isAppError } from "#lib/errors.ts";
import { isKept } from "#server/checkpoints/find-checkpoint.ts";
import { transact } from "#server/live/transact.ts";
import type { Services } from "#server/services.ts";
import { changeSession } from "#server/sessions/change-session.ts";
import { hostPushQueue, pushBranchJob } from "./push-branch-job.ts";
import { isOverdue, overdue } from "./read-push.ts";
import { removeForgotten } from "./scratch-repository.ts";

type Needs = Pick<Services, "database" | "bus" | "queue" | "log" | "environment">;

const INTERVAL_MS = 60_000;

const lost: PushFailure = {
  reason: "other",
  message: "The server that worked at it is gone: push again",
  freeBranch: null,
};

/**
 * Looks for pushes that nobody works at, now and every minute: they are moved to who can do them, or ended. Folders that
 * killed processes left go, too. Returns how to stop; what runs then runs to its end.
 */
export function startPushKeeper(services: Needs): () => Promise<void> {
  const { log, environment } = services;
  let keeping: Promise<void> | null = null;
  const keep = () => {
    keeping ??= Promise.all([keepPushes(services), removeForgotten(environment.DATA_DIR)])
      .then(() => {})
      .catch((error: unknown) => log.warn({ err: error }, "lost pushes not looked for"))
      .finally(() => (keeping = null));
  };
  keep();
  const timer = setInterval(keep, INTERVAL_MS);
  return async () => {
    clearInterval(timer);
    await keeping;
  };
}

/** Safe to run at any time, and by many at once. */
export async function keepPushes(services: Needs): Promise<void> {
  await moveFromGoneHosts(services);
  await endLost(services);
}

/** A host that is gone keeps no push waiting whose files are in a checkpoint, too. */
async function moveFromGoneHosts(services: Needs): Promise<void> {
  const { sql } = services.database;
  const stuck = await sql<{ jobId: string; queueName: string; pushId: string }[]>`
    select job.id as "jobId", job.name as "queueName", branch_pushes.id as "pushId"
    from pgboss.job
    join branch_pushes on branch_pushes.id = job.data ->> 'pushId'
    join sessions
      on sessions.id = session_id and sessions.generation = branch_pushes.generation
    where job.name like ${hostPushQueue("%")} and job.state in ('created', 'retry')
      and branch_pushes.status in ('waiting', 'running')
      and not exists (
        select from processes where ${hostPushQueue("")} || host_id = job.name and slots > 0
      )
      and ${isKept(sql, "sessions")}`;
  for (const { jobId, queueName, pushId } of stuck) {
    await transact(services, async (tx) => {
      const taken = await tx`
        delete from pgboss.job
        where id = ${jobId} and name = ${queueName} and state in ('created', 'retry')
        returning 1`;
      if (taken.length > 0) await services.queue.enqueue(pushBranchJob, { pushId }, { tx });
    });
  }
}

/** Row and job are written in one transaction, and a row has ended before its job has. */
async function endLost(services: Needs): Promise<void> {
  const { sql } = services.database;
  const pushes = await sql<
    { pushId: string; sessionId: string; generation: number; isLate: boolean }[]
  >`
    select branch_pushes.id as "pushId", session_id as "sessionId", branch_pushes.generation,
      ${isOverdue(sql)} as "isLate"
    from branch_pushes join sessions
      on sessions.id = session_id and sessions.generation = branch_pushes.generation
    where branch_pushes.status in ('waiting', 'running') and deleted_at is null
      and (${isOverdue(sql)} or not exists (
        select from pgboss.job
        where name like ${`${pushBranchJob.name}%`} and state in ('created', 'retry', 'active')
          and data ->> 'pushId' = branch_pushes.id
      ))`;
  for (const { pushId, isLate, ...session } of pushes) {
    const failure = JSON.stringify(isLate ? overdue : lost);
    await changeSession(services, session, async (tx) => {
      await tx`
        update branch_pushes
        set status = 'failed', failure = ${failure}::text::jsonb, ended_at = now()
        where id = ${pushId} and status in ('waiting', 'running')`;
    }).catch((error: unknown) => {
      if (!isAppError(error) || error.code !== "gone") throw error;
    });
    services.log.warn({ ...session, pushId }, "a push was lost");
  }
}
