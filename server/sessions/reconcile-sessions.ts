import type { Database, Sql } from "#server/database/database.ts";
import { transact } from "#server/live/transact.ts";
import type { Services } from "#server/services.ts";
import { isKept } from "#server/checkpoints/find-checkpoint.ts";
import { enqueueRun } from "./enqueue-run.ts";
import { hostQueueName, runSessionJob } from "./run-session-job.ts";

type Needs = Pick<Services, "database" | "bus" | "queue" | "log">;

/**
 * Finds sessions that have work but neither an owner nor a job, and enqueues one for each. Nothing should ever need
 * it: it is here because a lost job must not mean a session that waits for ever. Safe to run at any time.
 */
export async function reconcileSessions(services: Needs): Promise<void> {
  const stranded = await services.database.sql<{ sessionId: string; generation: number }[]>`
    select id as "sessionId", generation
    from sessions
    where ${hasUndone(services.database.sql)}
      and not exists (
        select 1 from pgboss.job
        where name like 'run-session%' and state in ('created', 'retry', 'active')
          and data ->> 'sessionId' = sessions.id
          -- A host that is gone keeps nobody waiting whose files are elsewhere, too.
          and (
            name = ${runSessionJob.name} or state = 'active'
            or exists (
              select from processes where ${hostQueueName("")} || host_id = name and slots > 0
            )
            or not ${isKept(services.database.sql, "sessions")}
          )
      )`;
  for (const session of stranded) {
    services.log.warn(session, "session had work but no job");
    await transact(services, (tx) => enqueueRun(tx, services.queue, session));
  }
}

/** Whether the session has work but neither an owner nor a job that waits. */
export async function isStranded({ sql }: Database, sessionId: string): Promise<boolean> {
  const [row] = await sql`
    select from sessions
    where id = ${sessionId} and ${hasUndone(sql)}
      and not exists (
        select from pgboss.job
        where name like 'run-session%' and state in ('created', 'retry')
          and data ->> 'sessionId' = sessions.id
      )`;
  return row !== undefined;
}

/** Of `sessions`: work that nobody owns. */
const hasUndone = (sql: Sql) => sql`
    deleted_at is null
    and (
      status in ('preparing', 'working')
      or exists (
        select 1 from prompts
        where session_id = sessions.id and prompts.generation = sessions.generation
          and (
            prompts.status in ('delivered', 'started')
            or (
              prompts.status = 'accepted' and initiated_at is not null
              and sessions.status <> 'failed'
            )
          )
      )
    )
    and not exists (
      select 1 from leases
      where session_id = sessions.id and process_id is not null and expires_at > now()
    )`;
