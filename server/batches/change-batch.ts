import { AppError } from "#lib/errors.ts";
import { BATCH_IDLE_MS } from "#lib/limits.ts";
import { markBlobsDeleted } from "#server/blobs/delete-blobs.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { transact } from "#server/live/transact.ts";
import type { Services } from "#server/services.ts";
import { processBatchJob } from "./process-batch-job.ts";
import { aborted } from "./seal-batch.ts";

type Needs = Pick<Services, "database" | "bus" | "queue">;

/**
 * Gives a batch up: what waits is cancelled, sessions that were started are asked to stop. Safe to repeat; a `conflict`
 * once the batch is done.
 */
export async function abortBatch(
  services: Needs,
  batchId: string,
  message = "Aborted by request",
): Promise<void> {
  await transact(services, async (tx) => {
    const [batch] = await tx<{ state: string }[]>`
      select state from batches where id = ${batchId} for update`;
    if (batch?.state === "aborted") return;
    if (batch?.state === "done") {
      throw new AppError("conflict", "The batch is done", { details: { batchId } });
    }
    await cancelWaiting(tx, batchId, message);
    await services.queue.enqueue(processBatchJob, { batchId }, { tx });
  });
}

async function cancelWaiting(tx: TransactionSql, batchId: string, message: string): Promise<void> {
  await tx`
    update batches set state = 'aborted', message = ${message}, finished_at = now()
    where id = ${batchId}`;
  await tx`
    update batch_webhooks set
      message_id = gen_random_uuid(), attempts = 0, due_at = now(), sent_at = null, reason = null
    where batch_id = ${batchId}`;
  const cancelled = await tx<{ blobId: string | null }[]>`
    with waiting as (
      select index, blob_id from batch_items where batch_id = ${batchId} and state = 'queued'
      order by index for update
    )
    update batch_items i set
      state = 'cancelled', ended_at = now(), body = null, blob_id = null, reason = ${message}
    from waiting where i.batch_id = ${batchId} and i.index = waiting.index
    returning waiting.blob_id as "blobId"`;
  await markBlobsDeleted(
    tx,
    cancelled.flatMap(({ blobId }) => blobId ?? []),
  );
}

export interface Retried {
  /** Lines that wait again. */
  retried: number;
  /** Lines that could not be read: they must be sent again. */
  unreadable: number;
}

/**
 * Puts lines that failed back into the line: sessions are started anew, uploads are read again. A `conflict` for an
 * aborted batch.
 */
export async function retryFailed(services: Needs, batchId: string): Promise<Retried> {
  return transact(services, async (tx) => {
    const [batch] = await tx<{ state: string; kind: string }[]>`
      select state, kind from batches where id = ${batchId} for update`;
    if (batch?.state === "aborted") throw aborted(batchId);
    const { count: retried } = await tx`
      with failed as (
        select index from batch_items
        where batch_id = ${batchId} and state = 'failed' and fault is null order by index for update
      )
      update batch_items i set
        state = 'queued', round = round + 1, attempts = 0, reason = null, ended_at = null,
        retry_at = null, session_id = case when ${batch?.kind === "start"} then null else session_id end
      from failed where i.batch_id = ${batchId} and i.index = failed.index`;
    const [left] = await tx<{ count: number }[]>`
      select count(*)::int as count from batch_items
      where batch_id = ${batchId} and state = 'failed' and fault is not null`;
    if (retried > 0) {
      await tx`
        update batches set state = 'sealed', finished_at = null
        where id = ${batchId} and state = 'done'`;
      await services.queue.enqueue(processBatchJob, { batchId }, { tx });
    }
    return { retried, unreadable: left?.count ?? 0 };
  });
}

/** Gives up batches that nobody sealed and that get no lines any more. Safe to run at any time. */
export async function abortIdleBatches(services: Needs): Promise<void> {
  const idle = await services.database.sql<{ batchId: string }[]>`
    select id as "batchId" from batches
    where state = 'open' and last_line_at < now() - ${BATCH_IDLE_MS} * interval '1 millisecond'`;
  const minutes = BATCH_IDLE_MS / 60_000;
  for (const { batchId } of idle)
    await abortBatch(
      services,
      batchId,
      `No line came for ${minutes} minutes, and nobody sealed it`,
    );
}
