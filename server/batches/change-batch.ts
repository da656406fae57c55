import { AppError } from "#lib/errors.ts";
import { markBlobsDeleted } from "#server/blobs/delete-blobs.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { type NewsServices, transact } from "#server/live/transact.ts";
import type { Services } from "#server/services.ts";
import { countLines, lockBatch } from "./count-lines.ts";
import { processBatchJob } from "./process-batch-job.ts";
import { aborted } from "./seal-batch.ts";

type Needs = Pick<Services, "database" | "bus" | "queue">;

/**
 * Gives a batch up: from now on it takes no line and begins none. What waits is cancelled, sessions that were started are
 * asked to stop. Safe to repeat; a `conflict` once the batch is done.
 */
export async function abortBatch(
  services: Needs,
  batchId: string,
  message = "Aborted by request",
): Promise<void> {
  await transact(services, async (tx) => {
    const batch = await lockBatch(tx, batchId);
    if (batch?.state === "aborted") return;
    if (batch?.state === "done")
      throw new AppError("conflict", "The batch is done", {
        details: { batchId, batchState: "done" },
      });
    await giveUp(tx, services, { batchId, message });
  });
}

/** Of a batch that the transaction has locked, and that is not over. */
export async function giveUp(
  tx: TransactionSql,
  { queue }: Pick<Needs, "queue">,
  { batchId, message }: { batchId: string; message: string },
): Promise<void> {
  await tx`
    update batches set state = 'aborted', message = ${message}, finished_at = now()
    where id = ${batchId}`;
  await tx`
    update batch_webhooks set
      message_id = gen_random_uuid(), attempts = 0, due_at = now(), sent_at = null, reason = null
    where batch_id = ${batchId}`;
  await cancelWaiting(tx, { batchId, message });
  await queue.enqueue(processBatchJob, { batchId }, { tx });
}

async function cancelWaiting(
  tx: TransactionSql,
  { batchId, message }: { batchId: string; message: string | null },
): Promise<void> {
  const cancelled = await tx<{ blobId: string | null }[]>`
    with waiting as (
      select index, blob_id from batch_items where batch_id = ${batchId} and state = 'queued'
      for update
    )
    update batch_items i set
      state = 'cancelled', ended_at = now(), body = null, blob_id = null, reason = ${message}
    from waiting where i.batch_id = ${batchId} and i.index = waiting.index
    returning waiting.blob_id as "blobId"`;
  await markBlobsDeleted(
    tx,
    cancelled.flatMap(({ blobId }) => blobId ?? []),
  );
  const { length } = cancelled;
  await countLines(tx, batchId, { change: { queued: -length, cancelled: length } });
}

/** Cancels lines that went back to wait in a batch that was aborted. Safe to repeat. */
export async function cancelReturned(services: NewsServices, batchId: string): Promise<void> {
  await transact(services, async (tx) => {
    await lockBatch(tx, batchId);
    const [batch] = await tx<{ message: string | null }[]>`
      select message from batches where id = ${batchId} and state = 'aborted' and queued_count > 0`;
    if (batch) await cancelWaiting(tx, { batchId, ...batch });
  });
}

export interface Retried {
  /** Lines that wait again. */
  retried: number;
  /** Lines that could not be read: they must be sent again. */
  unreadable: number;
}

/**
 * Puts lines that failed back into the line: sessions are started anew, uploads are read again; of `indexes`, where
 * some are named, else all. A `conflict` for an aborted batch.
 */
export async function retryFailed(
  services: Needs,
  batchId: string,
  indexes: readonly number[] | null = null,
): Promise<Retried> {
  return transact(services, async (tx) => {
    const batch = await lockBatch(tx, batchId);
    if (batch?.state === "aborted") throw aborted(batchId);
    const [changed] = await tx<{ retried: number; skippedItems: number }[]>`
      with failed as (
        select i.index, kind, i.skipped_count
        from batch_items i join batches b on b.id = i.batch_id
        where i.batch_id = ${batchId} and i.state = 'failed' and fault is null
          and (${indexes === null} or i.index = any(${[...(indexes ?? [])]}::int[]))
        for update of i
      ), changed as (
        update batch_items i set
          state = 'queued', round = round + 1, attempts = 0, reason = null, ended_at = null,
          stored_count = null, skipped_count = null, retry_at = null,
          session_id = case when kind = 'start' then null else session_id end
        from failed where i.batch_id = ${batchId} and i.index = failed.index
        returning failed.skipped_count
      )
      select count(*)::int as retried, coalesce(sum(skipped_count), 0)::float8 as "skippedItems"
      from changed`;
    const { retried = 0, skippedItems = 0 } = changed ?? {};
    const [left] = await tx<{ count: number }[]>`
      select count(*)::int as count from batch_items
      where batch_id = ${batchId} and state = 'failed' and fault is not null`;
    if (retried > 0) {
      const change = { failed: -retried, queued: retried, skippedItems: -skippedItems };
      await countLines(tx, batchId, { change });
      await services.queue.enqueue(processBatchJob, { batchId }, { tx });
    }
    return { retried, unreadable: left?.count ?? 0 };
  });
}
