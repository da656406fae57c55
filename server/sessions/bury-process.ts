import type { TransactionSql } from "#server/database/database.ts";
import type { DurableNews } from "#server/live/bus-message.ts";
import { releaseBatchItems } from "#server/batches/release-batch-items.ts";
import { releaseOutputs } from "#server/outputs/release-outputs.ts";
import { releaseUploads } from "#server/ingest/release-uploads.ts";
import { releaseJobsOfDeadProcess } from "#server/queue/running-jobs.ts";

/**
 * Frees what a dead process owned, so that others take its sessions over at once. Part of its burial; answers what is
 * to be told once that is committed.
 */
export async function buryProcess(processId: string, tx: TransactionSql): Promise<DurableNews[]> {
  const freed = await tx<{ sessionId: string; teamId: string }[]>`
    update leases set process_id = null, expires_at = null
    from sessions
    where leases.process_id = ${processId} and sessions.id = leases.session_id
    returning session_id as "sessionId", team_id as "teamId"`;
  await releaseUploads(tx, processId);
  await releaseBatchItems(tx, processId);
  const outputNews = await releaseOutputs(tx, { processId });
  const queueNames = await releaseJobsOfDeadProcess(tx, processId);
  return [
    ...freed.map((session) => ({ kind: "state" as const, ...session })),
    ...outputNews,
    ...queueNames.map((queueName) => ({ kind: "job" as const, queueName })),
  ];
}
