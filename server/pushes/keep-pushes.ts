import type { PushFailure } from "#lib/changes/branch-push.ts";
import { isAppError } from "#lib/errors.ts";
import { isKept } from "#server/checkpoints/find-checkpoint.ts";
import type { Sql, TransactionSql } from "#server/database/database.ts";
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
export const HOST_GONE_MS = 3 * 60_000;

const hostGone: PushFailure = {
  reason: "files",
  message:
    "The machine that has this session's files does not answer, and nothing else has them: push again when it is back",
  freeBranch: null,
};

/** Queues that pushes wait on and whose host is gone, and since when one of our own looks after the other finds it so. */
export type GoneHosts = Map<string, number>;

/**
 * Looks for pushes that nobody works at, now and every minute: they are moved to who can do them, or ended. Folders that
 * killed processes left go, too. Returns how to stop; what runs then runs to its end.
 */
export function startPushKeeper(services: Needs): () => Promise<void> {
  const { log, environment } = services;
  const goneHosts: GoneHosts = new Map();
  let keeping: Promise<void> | null = null;
  const keep = () => {
    keeping ??= Promise.all([
      keepPushes(services, goneHosts),
      removeForgotten(environment.DATA_DIR),
    ])
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

/** Safe to run at any time, and by many at once. `goneHosts` is what the caller's looks before this one have noted. */
export async function keepPushes(services: Needs, goneHosts: GoneHosts): Promise<void> {
  await leaveGoneHosts(services, goneHosts);
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
async function leaveGoneHosts(services: Needs, goneHosts: GoneHosts): Promise<void> {
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
      and ${isHostGone(sql)}`;
  noteGone(goneHosts, new Set(stuck.map(({ queueName }) => queueName)));
  for (const push of stuck) {
    const goneMs = performance.now() - goneHosts.get(push.queueName)!;
    if (push.isKept) await moveToAny(services, push);
    else if (goneMs >= HOST_GONE_MS) {
      await endPush(services, push, { failure: hostGone, take: (tx) => takeJob(tx, push) });
    }
  }
}

/** True in SQL for a job on the queue of a host where nothing runs. */
const isHostGone = (sql: Sql | TransactionSql) => sql`not exists (
  select from processes where ${hostPushQueue("")} || host_id = job.name and slots > 0
)`;

/** A host that was back in between is gone since now. */
function noteGone(goneHosts: GoneHosts, queueNames: ReadonlySet<string>): void {
  for (const name of goneHosts.keys()) if (!queueNames.has(name)) goneHosts.delete(name);
  for (const name of queueNames) goneHosts.set(name, goneHosts.get(name) ?? performance.now());
}

async function moveToAny(services: Needs, push: StuckPush): Promise<void> {
  await transact(services, async (tx) => {
    if (!(await takeJob(tx, push))) return;
    await services.queue.enqueue(pushBranchJob, { pushId: push.pushId }, { tx });
  });
}

/** Takes the job from its queue; false where its host is back or another has taken it. */
async function takeJob(tx: TransactionSql, { jobId, queueName }: StuckPush): Promise<boolean> {
  const taken = await tx`
    delete from pgboss.job
    where id = ${jobId} and name = ${queueName} and state in ('created', 'retry')
      and ${isHostGone(tx)}
    returning 1`;
  return taken.length > 0;
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
  for (const { isLate, ...push } of pushes) {
    await endPush(services, push, { failure: isLate ? overdue : lost });
  }
}

type EndedPush = Pick<StuckPush, "pushId" | "sessionId" | "generation">;

interface Ending {
  failure: PushFailure;
  /** Asked in the transaction that ends the push: false leaves it as it is. */
  take?: (tx: TransactionSql) => Promise<boolean>;
}

async function endPush(
  services: Needs,
  { pushId, sessionId, generation }: EndedPush,
  { failure, take }: Ending,
): Promise<void> {
  const session = { sessionId, generation };
  const hasEnded = await changeSession(services, session, async (tx) => {
    if (take && !(await take(tx))) return false;
    const ended = await tx`
      update branch_pushes
      set status = 'failed', failure = ${JSON.stringify(failure)}::text::jsonb, ended_at = now()
      where id = ${pushId} and status in ('waiting', 'running')
      returning 1`;
    return ended.length > 0;
  }).catch((error: unknown) => {
    if (!isAppError(error) || error.code !== "gone") throw error;
    return false;
  });
  if (hasEnded) services.log.warn({ ...session, pushId }, "a push was lost");
}
