import { createSlots } from "#server/queue/slots.ts";
import type { Services } from "#server/services.ts";
import { abortIdleBatches } from "./abort-idle-batches.ts";
import { requeueItem } from "./change-item.ts";
import { expireBatches } from "./expire-batches.ts";
import { keepAttachments } from "./keep-attachments.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { enqueueBatch, processBatchJob } from "./process-batch-job.ts";
import { keyOf, runBatch } from "./run-batch.ts";
import { sendWebhooks } from "./send-webhooks.ts";
import { settleAllItems } from "./settle-items.ts";

/** Batches that one process works on at one time. */
const BATCHES_AT_ONCE = 2;
const LOOK_MS = 1_000;
/** A look of the slow kind for so many of the fast one. */
const LOOKS_PER_TIDYING = 15;

export interface BatchWorker {
  /** Ends what runs in the background; jobs end through the queue. */
  stop(): Promise<void>;
}

/**
 * Works on batches, and looks once a second for lines whose session or upload has ended, so that the next ones begin.
 * `over` is aborted when what runs must end: it goes back into the line.
 */
export async function startBatchWorker(
  services: Services,
  { over }: { over: AbortSignal },
): Promise<BatchWorker> {
  const { queue, log } = services;
  /** Lines that are worked on here. */
  const atWork = new Set<string>();

  // A batch takes one place, however many jobs it has: the other one is for others.
  const run = oneAtATime({
    work: (batchId, signal) =>
      runBatch(services, batchId, { signal: AbortSignal.any([signal, over]), atWork }),
    again: (batchId) => enqueueBatch(services, batchId),
  });
  await queue.work(processBatchJob, ({ payload, signal }) => run(payload.batchId, signal), {
    concurrency: createSlots(BATCHES_AT_ONCE),
  });

  let lookCount = 0;
  let looking: Promise<void> | null = null;
  const look = () => {
    looking ??= lookAfter(services, { atWork, isTidying: lookCount % LOOKS_PER_TIDYING === 0 })
      .catch((error: unknown) => {
        log.warn({ err: error }, "batches not looked after, to be tried again");
      })
      .finally(() => {
        lookCount += 1;
        looking = null;
      });
  };
  let telling: Promise<void> | null = null;
  const tell = () => {
    telling ??= sendWebhooks(services, over)
      .catch((error: unknown) => {
        log.warn({ err: error }, "nobody told of batches, to be tried again");
      })
      .finally(() => (telling = null));
  };
  look();
  const timer = setInterval(() => {
    look();
    tell();
  }, LOOK_MS);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all([looking, telling]);
    },
  };
}

async function lookAfter(
  services: Services,
  { atWork, isTidying }: { atWork: ReadonlySet<string>; isTidying: boolean },
): Promise<void> {
  if (isTidying) await tidyUp(services, atWork);
  await settleAllItems(services);
  for (const batchId of await findWaiting(services)) await enqueueBatch(services, batchId);
}

/** Batches of which a line could begin, or is still to be cancelled, and that have no job. */
async function findWaiting({ database: { sql } }: Services): Promise<string[]> {
  const rows = await sql<{ batchId: string }[]>`
    select id as "batchId" from batches b
    where queued_count > 0
      and (state = 'aborted' or concurrency > running_count and exists (
        select from batch_items
        where batch_id = b.id and state = 'queued' and (retry_at is null or retry_at <= now())
      ))
      and not exists (
        select from pgboss.job
        where name = ${processBatchJob.name} and state in ('created', 'retry', 'active')
          and data ->> 'batchId' = b.id
      )`;
  return rows.map(({ batchId }) => batchId);
}

/** What is over, and what only a crash or a database that went away at a bad moment can leave. Safe at any time. */
async function tidyUp(services: Services, atWork: ReadonlySet<string>): Promise<void> {
  await abortIdleBatches(services);
  await expireBatches(services);
  await keepAttachments(services);
  await requeueForgotten(services, atWork);
  for (const batchId of await findUnstopped(services)) await enqueueBatch(services, batchId);
}

/** Aborted batches with a session that was not asked to stop: its process died when it had just started it. */
async function findUnstopped({ database: { sql } }: Services): Promise<string[]> {
  const rows = await sql<{ batchId: string }[]>`
    select distinct b.id as "batchId"
    from batches b
    join batch_items i on i.batch_id = b.id and i.state = 'running' and i.claimed_by is null
    join prompts p on p.session_id = i.session_id
      and p.status <> 'settled' and p.interrupt_requested_at is null
    where b.state = 'aborted' and b.kind = 'start' and b.running_count > 0`;
  return rows.map(({ batchId }) => batchId);
}

/** Lines that this process has taken and does not know of: the answer to its claim was lost. */
async function requeueForgotten(services: Services, atWork: ReadonlySet<string>): Promise<void> {
  const { database, processId } = services;
  const taken = await database.sql<{ batchId: string; index: number }[]>`
    select batch_id as "batchId", index from batch_items
    where state = 'running' and claimed_by = ${processId}
      and started_at < now() - ${LOOK_MS * LOOKS_PER_TIDYING} * interval '1 millisecond'
    order by batch_id, index`;
  for (const item of taken) if (!atWork.has(keyOf(item))) await requeueItem(services, item);
}
