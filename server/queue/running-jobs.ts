import type { Database, TransactionSql } from "#server/database/database.ts";

interface Attempt {
  id: string;
  retryCount: number;
  processId: string;
}

/** Notes that this process works on an attempt of a job. */
export async function recordRunningJob(
  { sql }: Database,
  { id, retryCount, processId, queueName }: Attempt & { queueName: string },
): Promise<void> {
  await sql`
    insert into running_jobs (job_id, queue_name, retry_count, process_id)
    values (${id}, ${queueName}, ${retryCount}, ${processId})
    on conflict (job_id) do update
      set retry_count = excluded.retry_count, process_id = excluded.process_id`;
}

/** Takes the note back, unless another process has the job by now. */
export async function forgetRunningJob({ sql }: Database, attempt: Attempt): Promise<void> {
  await sql`
    delete from running_jobs
    where job_id = ${attempt.id} and process_id = ${attempt.processId}
      and retry_count = ${attempt.retryCount}`;
}

/**
 * Gives the jobs of a dead process back to the queue, to be fetched at once; answers the names of their queues. A job
 * that was fetched again meanwhile, or is out of attempts, is left to the queue's own supervision.
 */
export async function releaseJobsOfDeadProcess(
  sql: TransactionSql,
  processId: string,
): Promise<string[]> {
  const released = await sql<{ queueName: string }[]>`
    with orphaned as (
      delete from running_jobs where process_id = ${processId}
      returning job_id, queue_name, retry_count
    )
    update pgboss.job as job
    set state = 'retry', start_after = now(), heartbeat_on = null
    from orphaned
    where job.id = orphaned.job_id and job.name = orphaned.queue_name
      and job.state = 'active' and job.retry_count = orphaned.retry_count
      and job.retry_count < job.retry_limit
    returning job.name as "queueName"`;
  return [...new Set(released.map((job) => job.queueName))];
}
