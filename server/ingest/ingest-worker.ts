import { transact } from "#server/live/transact.ts";
import { createSlots } from "#server/queue/slots.ts";
import type { Services } from "#server/services.ts";
import { claimUpload } from "./claim-upload.ts";
import { startEarlyPasses } from "./early/start-early-passes.ts";
import { expireUploads } from "./expire-uploads.ts";
import { ingestUploadJob } from "./ingest-upload-job.ts";
import { settleIdleUploads } from "./resumable/settle-idle-uploads.ts";
import { runUpload } from "./run-upload.ts";

const RECONCILE_INTERVAL_MS = 15_000;
/** Surplus jobs cost nothing; a look must not write thousands. */
const JOBS_PER_LOOK = 100;

export interface IngestWorker {
  /** Ends what runs in the background; jobs end through the queue. */
  stop(): Promise<void>;
}

/**
 * Cuts received uploads into items, `INGEST_CONCURRENCY` at one time; besides, makes items of large ones readable that
 * still arrive. `over` is aborted when what runs must end: it goes back into the line.
 */
export async function startIngestWorker(
  services: Services,
  { over }: { over: AbortSignal },
): Promise<IngestWorker> {
  const { queue, environment, log } = services;
  /** Uploads that are being worked on here. */
  const atWork = new Set<string>();

  await queue.work(
    ingestUploadJob,
    async ({ signal }) => {
      const upload = await claimUpload(services);
      if (upload === null) return;
      atWork.add(upload.uploadId);
      try {
        await runUpload(services, upload, { signal: AbortSignal.any([signal, over]) });
      } finally {
        atWork.delete(upload.uploadId);
      }
    },
    { concurrency: createSlots(environment.INGEST_CONCURRENCY) },
  );

  let looking: Promise<void> | null = null;
  const reconcile = () => {
    looking ??= reconcileUploads(services, atWork)
      .catch((error: unknown) => {
        log.warn({ err: error }, "uploads not reconciled, to be tried again");
      })
      .finally(() => (looking = null));
  };
  reconcile();
  const timer = setInterval(reconcile, RECONCILE_INTERVAL_MS);
  const early = startEarlyPasses(services, { over });
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all([looking, early.stop()]);
    },
  };
}

/**
 * Finds uploads that nobody works on although their row says so, and uploads that wait without a job. Nothing should
 * need it but a database that went away just when the end of an attempt was to be written. Safe to run at any time.
 */
async function reconcileUploads(services: Services, atWork: ReadonlySet<string>): Promise<void> {
  const { queue, processId } = services;
  await expireUploads(services);
  await settleIdleUploads(services);
  await transact(services, async (tx) => {
    await tx`
      update uploads set state = 'queued', process_id = null
      where state = 'running' and process_id = ${processId} and id <> all(${[...atWork]}::text[])
        and started_at < now() - ${RECONCILE_INTERVAL_MS} * interval '1 millisecond'`;
    const [row] = await tx<{ missing: number }[]>`
      select (
        select count(*) from uploads where state = 'queued' and coalesce(retry_at, now()) <= now()
      )::int - (
        select count(*) from pgboss.job
        where name = ${ingestUploadJob.name} and state in ('created', 'retry') and start_after <= now()
      )::int as missing`;
    const count = Math.min(row?.missing ?? 0, JOBS_PER_LOOK);
    for (let n = 0; n < count; n += 1) await queue.enqueue(ingestUploadJob, {}, { tx });
  });
}
