import { type Db, PgBoss } from "pg-boss";
import type { Database, Fragment, Sql, TransactionSql } from "#server/database/database.ts";
import type { Bus } from "#server/live/bus.ts";
import type { DurableNews } from "#server/live/bus-message.ts";
import { announce } from "#server/live/transact.ts";
import type { Log } from "#server/log.ts";
import type { JobDefinition, JobHandler } from "./define-job.ts";
import { startJobLoop, type JobLoop } from "./job-loop.ts";
import { HEARTBEAT_SECONDS, runJob } from "./run-job.ts";
import { createSlots, type Slots } from "./slots.ts";

const DEAD_LETTERS = "dead-letters";
const DEAD_LETTER_DAYS = 14;
const MAX_CONNECTIONS = 4;

export interface EnqueueOptions {
  /** The transaction, one of `transact`, that writes the row which the job is about. */
  tx: TransactionSql;
  /** Queue of one host, made by `work` on that host; the job's own name otherwise. */
  queueName?: string;
  /** Nobody takes it before. */
  startAfterSeconds?: number;
}

export interface JobStatement {
  /** An `insert`, to stand in a `with` of the caller's. */
  insert: Fragment;
  /** To be told when the caller's statement has committed. */
  news: DurableNews;
}

export interface WorkOptions {
  /** Jobs that run at one time in this process, or the slots that they share with others. */
  concurrency: number | Slots;
  /** Where to fetch from; the job's own name otherwise. */
  queueNames?: string[];
}

/** Jobs in Postgres: pg-boss, with our payload checks, error codes and knowledge of who died. */
export interface Queue {
  enqueue<Payload>(
    job: JobDefinition<Payload>,
    payload: Payload,
    options: EnqueueOptions,
  ): Promise<void>;
  /** `enqueue` as part of the caller's own statement: row and job in one round trip and one commit. */
  describeInsert<Payload>(
    job: JobDefinition<Payload>,
    payload: Payload,
    options?: {
      /** Of the jobs that wait, those with a greater one are fetched first. */
      priority?: number;
    },
  ): Promise<JobStatement>;
  /** Fetches jobs from now on, each when there is a slot for it and not before. */
  work<Payload>(
    job: JobDefinition<Payload>,
    handler: JobHandler<Payload>,
    options: WorkOptions,
  ): Promise<void>;
  /** Takes no more jobs; resolves when the running ones have ended or were given back after `timeoutMs`. */
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
  try {
    await boss.createQueue(DEAD_LETTERS, { retentionSeconds: DEAD_LETTER_DAYS * 86_400 });
  } catch (error) {
    await boss.stop({ graceful: false });
    throw error;
  }

  const loops: JobLoop[] = [];
  const unsubscribe = bus.subscribe((message) => {
    if (message.kind !== "job") return;
    for (const loop of loops) if (loop.queueNames.includes(message.queueName)) loop.wake();
  });
  const unsubscribeReconnect = bus.onReconnect(() => loops.forEach((loop) => loop.wake()));

  const known = new Map<string, Promise<void>>();
  const ensureQueue = (job: JobDefinition<never>, name: string) => {
    const creating = known.get(name) ?? createJobQueue(boss, job, name);
    known.set(name, creating);
    // A queue that could not be made is tried again by the next call.
    creating.catch(() => known.delete(name));
    return creating;
  };

  return {
    async enqueue(job, payload, { tx, queueName = job.name, startAfterSeconds = 0 }) {
      await ensureQueue(job as JobDefinition<never>, queueName);
      await boss.send(queueName, payload as object, {
        db: asBossDatabase(tx),
        ...(startAfterSeconds > 0 && { startAfter: startAfterSeconds }),
      });
      announce(tx, { kind: "job", queueName });
    },

    async describeInsert(job, payload, { priority = 0 } = {}) {
      await ensureQueue(job as JobDefinition<never>, job.name);
      const { text, values } = await captureStatement((db) =>
        boss.send(job.name, payload as object, { db, priority }),
      );
      return {
        insert: toFragment(database.sql, text, values),
        news: { kind: "job", queueName: job.name },
      };
    },

    async work(job, handler, { concurrency, queueNames = [job.name] }) {
      for (const name of queueNames) await ensureQueue(job as JobDefinition<never>, name);
      const slots = typeof concurrency === "number" ? createSlots(concurrency) : concurrency;
      loops.push(
        startJobLoop({
          boss,
          queueNames,
          slots,
          log,
          run: (entry, signal) =>
            runJob(entry, { boss, database, processId, log, job, handler, signal }),
        }),
      );
    },

    async stop({ timeoutMs }) {
      unsubscribe();
      unsubscribeReconnect();
      await Promise.all(loops.map((loop) => loop.stop(timeoutMs)));
      await boss.stop({ graceful: false });
    },
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
  const texts = pieces.filter((_, index) => index % 2 === 0);
  const places = pieces.filter((_, index) => index % 2 === 1);
  // As the compiler would write it for a template: one fragment, not one for each parameter.
  const template = Object.assign(texts, { raw: texts });
  return sql(template, ...places.map((place) => values[Number(place) - 1] as string));
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
