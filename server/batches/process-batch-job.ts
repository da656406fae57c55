import { z } from "zod";
import { isBatchId } from "#lib/ids.ts";
import type { Database } from "#server/database/database.ts";
import { type NewsServices, transact } from "#server/live/transact.ts";
import { defineJob } from "#server/queue/define-job.ts";
import type { Queue } from "#server/queue/queue.ts";

const HOUR_SECONDS = 3_600;

/**
 * Says that lines of a batch wait. Which ones is decided by whoever comes, see `claim-items.ts`; the batch's limit holds
 * however many come. A surplus job finds nothing and ends. Safe to run again: attempts are counted in the items' rows.
 */
export const processBatchJob = defineJob({
  name: "process-batch",
  payload: z.object({ batchId: z.string().refine(isBatchId) }),
  maxAttempts: 5,
  expiresInSeconds: HOUR_SECONDS,
});

/** Has somebody look after a batch. */
export function enqueueBatch(
  services: NewsServices & { database: Database; queue: Queue },
  batchId: string,
): Promise<void> {
  return transact(services, (tx) => services.queue.enqueue(processBatchJob, { batchId }, { tx }));
}
