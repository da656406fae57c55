import { type Db, type PerJobWorkHandler, PgBoss } from "pg-boss";
import { isAppError, type ErrorCode } from "#lib/errors.ts";
import type { Database, Fragment, Sql, TransactionSql } from "#server/database/database.ts";
import type { Bus } from "#server/live/bus.ts";
import type { DurableNews } from "#server/live/bus-message.ts";
import { announce } from "#server/live/transact.ts";
import type { Log } from "#server/log.ts";
import type { JobDefinition, JobHandler } from "./define-job.ts";
import { forgetRunningJob, recordRunningJob } from "./running-jobs.ts";

const DEAD_LETTERS = "dead-letters";
const DEAD_LETTER_DAYS = 14;
/** Not less than the lease of a session: a worker that has lost one has lost both. */
const HEARTBEAT_SECONDS = 30;
const POLL_SECONDS = 1;
const MAX_CONNECTIONS = 4;

const workerOptions = {
  batchSize: 1,
  perJobResults: true,
  pollingIntervalSeconds: POLL_SECONDS,
} as const;

/** Errors of these codes may pass by themselves; `gone` counts as done; all others go to the dead letters. */
const retriedCodes = new Set<ErrorCode>(["unavailable", "rate_limited", "internal"]);

export interface EnqueueOptions {
  /** The transaction, one of `transact`, that writes the row which the job is about. */
  tx: TransactionSql;
  /** Queue of one host, made by `work` on that host; the job's own name otherwise. */
  queueName?: string;
}

export interface JobStatement {
  /** An `insert`, to stand in a `with` of the caller's. */
  insert: Fragment;
  /** To be told when the caller's statement has committed. */
  news: DurableNews;
}

export interface WorkOptions {
  /** Jobs of this queue that run at one time in this process. */
  concurrency: number;
  queueName?: string;
}

/** Jobs in Postgres: pg-boss, with our payload checks, error codes and knowledge of who died. */
export interface Queue {
  enqueue<Payload>(
    job: JobDefinition<Payload>,
    payload: Payload,
    options: EnqueueOptions,
  ): Promise<void>;
  /** `enqueue` as part of the caller's own statement: row and job in one round trip and one commit. */
  describeInsert<Payload>(job: JobDefinition<Payload>, payload: Payload): Promise<JobStatement>;
  work<Payload>(
    job: JobDefinition<Payload>,
    handler: JobHandler<Payload>,
    options: WorkOptions,
  ): Promise<void>;
  /** Takes no more jobs; resolves when the running ones have ended or `timeoutMs` is over. */
  stop(options: { timeoutMs: number }): Promise<void>;
}

interface QueueOptions {
  database: Database;
  databaseUrl: string;
  bus: Pick<Bus, "subscribe" | "onReconnect">;
  processId: string;
  log: Log;
  /** Whether this process expires, retries and cleans up jobs of all. */
  supervise: boolean;
}

/** Opens the queue, installing its tables when missing. */
export async function openQueue({
  database,
  databaseUrl,
  bus,
  processId,
  log,
  supervise,
}: QueueOptions): Promise<Queue> {
  const boss = new PgBoss({
    connectionString: databaseUrl,
    application_name: "millrace",
    max: MAX_CONNECTIONS,
    supervise,
    schedule: false,
    superviseIntervalSeconds: 1,
    monitorIntervalSeconds: 1,
  });
  boss.on("error", (error) => log.error({ err: error }, "queue error"));
  boss.on("warning", (warning) => log.warn(warning, "queue warning"));
  await boss.start();
  await boss.createQueue(DEAD_LETTERS, { retentionSeconds: DEAD_LETTER_DAYS * 86_400 });

  const workerIds = new Map<string, string[]>();
  const wakeWorkers = (queueName: string) => {
    for (const id of workerIds.get(queueName) ?? []) boss.notifyWorker(id);
  };
  bus.subscribe((message) => {
    if (message.kind === "job") wakeWorkers(message.queueName);
  });
  bus.onReconnect(() => [...workerIds.keys()].forEach(wakeWorkers));

  const known = new Map<string, Promise<void>>();
  const ensureQueue = (job: JobDefinition<never>, name: string) => {
    const creating = known.get(name) ?? createJobQueue(boss, job, name);
    known.set(name, creating);
    // A queue that could not be made is tried again by the next call.
    creating.catch(() => known.delete(name));
    return creating;
  };

  return {
    async enqueue(job, payload, { tx, queueName = job.name }) {
      await ensureQueue(job as JobDefinition<never>, queueName);
      await boss.send(queueName, payload as object, { db: asBossDatabase(tx) });
      announce(tx, { kind: "job", queueName });
    },

    async describeInsert(job, payload) {
      await ensureQueue(job as JobDefinition<never>, job.name);
      const { text, values } = await captureStatement((db) =>
        boss.send(job.name, payload as object, { db }),
      );
      return {
        insert: toFragment(database.sql, text, values),
        news: { kind: "job", queueName: job.name },
      };
    },

    async work(job, handler, { concurrency, queueName = job.name }) {
      await ensureQueue(job as JobDefinition<never>, queueName);
      const run = createRunner(job, handler, { database, processId, log, queueName });
      const ids: string[] = [];
      workerIds.set(queueName, ids);
      // One by one, because only the id of the first of several workers would be told.
      for (let n = 0; n < concurrency; n += 1)
        ids.push(await boss.work(queueName, workerOptions, run));
    },

    async stop({ timeoutMs }) {
      await boss.stop({ graceful: true, close: true, timeout: Math.max(timeoutMs, 1_000) });
    },
  };
}

interface RunnerOptions {
  database: Database;
  processId: string;
  log: Log;
  queueName: string;
}

/** Runs one job and says what becomes of it: completed, a dead letter, or (by throwing) tried again. */
function createRunner<Payload>(
  job: JobDefinition<Payload>,
  handler: JobHandler<Payload>,
  { database, processId, log, queueName }: RunnerOptions,
): PerJobWorkHandler<unknown> {
  return async ([entry]) => {
    if (!entry) return [];
    const jobLog = log.child({ job: job.name, jobId: entry.id });
    await recordRunningJob(database, { ...entry, queueName, processId });
    try {
      const payload = job.payload.parse(entry.data);
      await handler({ payload, signal: entry.signal, log: jobLog });
    } catch (error) {
      if (!isFinal(error)) {
        jobLog.warn({ err: error, attempt: entry.retryCount + 1 }, "job failed, to be retried");
        throw error;
      }
      jobLog.error({ err: error }, "job failed for good");
      if (!(isAppError(error) && error.code === "gone")) {
        return [{ id: entry.id, status: "deadletter", output: describe(error) }];
      }
    } finally {
      await forgetRunningJob(database, { ...entry, processId });
    }
    return [{ id: entry.id, status: "completed" }];
  };
}

async function createJobQueue(boss: PgBoss, job: JobDefinition<never>, name: string) {
  await boss.createQueue(name, {
    // Not `singleton`: a waiting job whose key is active would hold up everybody behind it for a
    // while. Ownership is the lease's business, see docs/decisions.
    policy: "standard",
    retryLimit: job.maxAttempts - 1,
    retryDelay: 1,
    retryBackoff: true,
    retryDelayMax: 60,
    heartbeatSeconds: HEARTBEAT_SECONDS,
    expireInSeconds: job.expiresInSeconds,
    deadLetter: DEAD_LETTERS,
  });
}

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

/** What pg-boss would have executed. */
async function captureStatement(send: (db: Db) => Promise<unknown>) {
  let captured: { text: string; values: unknown[] } | null = null;
  await send({
    async executeSql(text, values = []) {
      captured = { text, values };
      return { rows: [] };
    },
  });
  if (captured === null) throw new Error("pg-boss executed nothing");
  return captured as { text: string; values: unknown[] };
}

/** Text with `$1` … as a fragment whose parameters are numbered with those around it. */
function toFragment(sql: Sql, text: string, values: unknown[]): Fragment {
  const pieces = text.split(/\$(\d+)/);
  return pieces.reduce<Fragment>(
    (fragment, piece, index) =>
      index % 2 === 0
        ? sql`${fragment}${sql.unsafe(piece)}`
        : sql`${fragment}${values[Number(piece) - 1] as string}`,
    sql``,
  );
}

function asBossDatabase(sql: TransactionSql): Db {
  return {
    async executeSql(text, values) {
      // Prepared: pg-boss repeats a few long statements, and each saves a round trip and its planning.
      const rows = await sql.unsafe(text, values as never[], { prepare: true });
      return { rows: [...rows] };
    },
  };
}
