import type { Job, PgBoss } from "pg-boss";
import { isAppError, type ErrorCode } from "#lib/errors.ts";
import type { Database } from "#server/database/database.ts";
import type { Log } from "#server/log.ts";
import type { JobDefinition, JobHandler } from "./define-job.ts";
import { forgetRunningJob, recordRunningJob } from "./running-jobs.ts";

/** Not less than the lease of a session: a worker that has lost one has lost both. */
export const HEARTBEAT_SECONDS = 30;

/** Errors of these codes may pass by themselves; `gone` counts as done; all others go to the dead letters. */
const retriedCodes = new Set<ErrorCode>(["unavailable", "rate_limited", "internal"]);

interface RunJobOptions<Payload> {
  boss: PgBoss;
  database: Database;
  processId: string;
  log: Log;
  job: JobDefinition<Payload>;
  handler: JobHandler<Payload>;
  /** The queue ends. */
  signal: AbortSignal;
}

/**
 * Does a fetched job, keeps it ours meanwhile, and tells the queue what became of it. Never throws: a job that could not
 * be settled is given to somebody else when its heartbeat is missed.
 */
export async function runJob<Payload>(
  entry: Job<unknown>,
  { boss, database, processId, job, handler, signal, ...options }: RunJobOptions<Payload>,
): Promise<void> {
  const log = options.log.child({ job: job.name, jobId: entry.id });
  const heartbeat = startHeartbeat(boss, entry, log);
  const attempt = { id: entry.id, retryCount: entry.retryCount, processId };
  try {
    await recordRunningJob(database, { ...attempt, queueName: entry.name });
    const isOver = AbortSignal.any([signal, heartbeat.lost]);
    const outcome = handle(entry, { job, handler, log, signal: isOver });
    const cut = whenAborted(signal);
    await settle({ boss, database, entry, outcome: await Promise.race([outcome, cut]) });
    await forgetRunningJob(database, attempt);
  } catch (error) {
    log.error({ err: error }, "job not settled, to be done again");
  } finally {
    heartbeat.stop();
  }
}

type Outcome =
  | { status: "completed" }
  | { status: "failed"; error: unknown }
  | { status: "deadletter"; output: object };

/** Runs the handler and sorts its errors. */
async function handle<Payload>(
  entry: Job<unknown>,
  { job, handler, log, signal }: Pick<RunJobOptions<Payload>, "job" | "handler" | "log" | "signal">,
): Promise<Outcome> {
  try {
    await handler({ payload: job.payload.parse(entry.data), signal, log });
    return { status: "completed" };
  } catch (error) {
    if (!isFinal(error)) {
      log.warn({ err: error, attempt: entry.retryCount + 1 }, "job failed, to be retried");
      return { status: "failed", error };
    }
    log.error({ err: error }, "job failed for good");
    if (isAppError(error) && error.code === "gone") return { status: "completed" };
    return { status: "deadletter", output: describe(error) };
  }
}

interface Settlement {
  boss: PgBoss;
  database: Database;
  entry: Job<unknown>;
  outcome: Outcome;
}

/** What an attempt says that the queue has taken back no longer counts: all of these look at its number. */
async function settle({ boss, database, entry, outcome }: Settlement): Promise<void> {
  const { id, name, retryCount } = entry;
  if (outcome.status === "completed") {
    await boss.complete(name, { id, retryCount });
    return;
  }
  if (outcome.status === "failed") {
    await boss.fail(name, { id, retryCount }, toFailure(outcome.error));
    return;
  }
  await database.sql`
    update pgboss.job set retry_limit = retry_count
    where id = ${id} and name = ${name} and state = 'active' and retry_count = ${retryCount}`;
  await boss.fail(name, { id, retryCount }, outcome.output);
}

/** Tells the queue every now and then that the job is being done; `lost` is aborted when it no longer is ours. */
function startHeartbeat(boss: PgBoss, { id, name, retryCount }: Job<unknown>, log: Log) {
  const lost = new AbortController();
  const beat = async () => {
    // Told at run time, and missing in the declared type.
    const touched = (await boss.touch(name, { id, retryCount })) as { affected?: number };
    if (touched.affected === 0) lost.abort(new Error("The queue took the job away"));
  };
  const timer = setInterval(() => {
    if (lost.signal.aborted) return clearInterval(timer);
    beat().catch((error: unknown) => log.warn({ err: error }, "heartbeat of a job failed"));
  }, HEARTBEAT_SECONDS * 500);
  return { lost: lost.signal, stop: () => clearInterval(timer) };
}

/** A handler that does not end when the queue does is left behind: its job is for somebody else. */
function whenAborted(signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    const leave = () => resolve({ status: "failed", error: signal.reason });
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
  });
}

const toFailure = (error: unknown) => (error instanceof Error ? error : { value: error });

/** A malformed payload or an error that says so: trying again cannot help. */
function isFinal(error: unknown): boolean {
  if (isAppError(error)) return !retriedCodes.has(error.code);
  return error instanceof Error && error.name === "ZodError";
}

function describe(error: unknown) {
  return isAppError(error)
    ? { code: error.code, message: error.message, details: error.details }
    : { code: "invalid_input", message: "The job's payload is malformed" };
}
