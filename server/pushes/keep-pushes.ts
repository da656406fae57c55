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

/** How long a push waits for the only host that has the files; one that begins anew is there before. */
const HOST_GONE_SECONDS = 3 * 60;

const hostGone: PushFailure = {
  reason: "files",
  message:
    "The machine that has this session's files does not answer, and nothing else has them: push again when it is back",
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
  await leaveGoneHosts(services);
  await endLost(services);
}

interface StuckPush {
  jobId: string;
  queueName: string;
  pushId: string;
  sessionId: string;
  generation: number;
  isKept: boolean;
}

/** A host that is gone keeps no push waiting: where the files are in a checkpoint, too, it goes on, else it ends soon. */
async function leaveGoneHosts(services: Needs): Promise<void> {
  const { sql } = services.database;
  const stuck = await sql<StuckPush[]>`
    select job.id as "jobId", job.name as "queueName", branch_pushes.id as "pushId",
      session_id as "sessionId", branch_pushes.generation, ${isKept(sql, "sessions")} as "isKept"
    from pgboss.job
    join branch_pushes on branch_pushes.id = job.data ->> 'pushId'
    join sessions
      on sessions.id = session_id and sessions.generation = branch_pushes.generation
    where job.name like ${hostPushQueue("%")} and job.state in ('created', 'retry')
      and branch_pushes.status in ('waiting', 'running') and deleted_at is null
      and not exists (
        select from processes where ${hostPushQueue("")} || host_id = job.name and slots > 0
      )
      and (
        ${isKept(sql, "sessions")}
        or job.start_after < now() - make_interval(secs => ${HOST_GONE_SECONDS})
      )`;
  for (const push of stuck) {
    if (push.isKept) await moveToAny(services, push);
    else await endPush(services, push, hostGone);
  }
}

async function moveToAny(services: Needs, { jobId, queueName, pushId }: StuckPush): Promise<void> {
  await transact(services, async (tx) => {
    const taken = await tx`
      delete from pgboss.job
      where id = ${jobId} and name = ${queueName} and state in ('created', 'retry')
      returning 1`;
    if (taken.length > 0) await services.queue.enqueue(pushBranchJob, { pushId }, { tx });
  });
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
  for (const { isLate, ...push } of pushes) await endPush(services, push, isLate ? overdue : lost);
}

type EndedPush = Pick<StuckPush, "pushId" | "sessionId" | "generation">;

async function endPush(
  services: Needs,
  { pushId, sessionId, generation }: EndedPush,
  failure: PushFailure,
): Promise<void> {
  const session = { sessionId, generation };
  await changeSession(services, session, async (tx) => {
    await tx`
      update branch_pushes
      set status = 'failed', failure = ${JSON.stringify(failure)}::text::jsonb, ended_at = now()
      where id = ${pushId} and status in ('waiting', 'running')`;
  }).catch((error: unknown) => {
    if (!isAppError(error) || error.code !== "gone") throw error;
  });
  services.log.warn({ ...session, pushId }, "a push was lost");
}
