import { z } from "zod";
import { isBatchId } from "#lib/ids.ts";
import type { Database } from "#server/database/database.ts";
import { type NewsServices, transact } from "#server/live/transact.ts";
import { defineJob } from "#server/queue/define-job.ts";
import type { Queue } from "#server/queue/queue.ts";

const HOUR_SECONDS = 3_600;

/**
 * Says that lines of a batch wait. Which ones is decided by whoever comes, see `claim-item.ts`; the batch's limit holds
 * however many come. A surplus job finds nothing and ends. Safe to run again: attempts are counted in the items' rows.
 */
export const processBatchJob = defineJob({
  name: "process-batch",
  payload: z.object({ batchId: z.string().refine(isBatchId) }),
  maxAttempts: 5,
  expiresInSeconds: HOUR_SECONDS,
});

/**
 * Has somebody look after a batch, of which all that is to be seen is committed. Where a job of it waits already, that
 * will do: one batch does not fill the queue before others.
 */
export function enqueueBatch(
  services: NewsServices & { database: Database; queue: Queue },
  batchId: string,
): Promise<void> {
  return transact(services, async (tx) => {
    const waiting = await tx`
      select 1 from pgboss.job
      where name = ${processBatchJob.name} and state = 'created' and data ->> 'batchId' = ${batchId}
      limit 1`;
    if (waiting.length === 0) await services.queue.enqueue(processBatchJob, { batchId }, { tx });
  });
}
