import { BATCH_ATTEMPTS_MAX } from "#lib/limits.ts";
import type { ErrorCode } from "#lib/errors.ts";
import { toSafeError } from "#server/database/to-safe-error.ts";
import { transact } from "#server/live/transact.ts";
import type { Services } from "#server/services.ts";
import type { ClaimedItem } from "./claim-item.ts";
import { countLines, lockBatch } from "./count-lines.ts";

type Needs = Pick<Services, "database" | "bus" | "processId" | "log">;

/** Errors that may pass by themselves. */
const passingCodes = new Set<ErrorCode>(["unavailable", "rate_limited", "internal"]);

/**
 * The line's session, or upload, goes on by itself from here; `settle-items.ts` finds its end. The bytes of a line that
 * was made an upload are the upload's now, and go with its session. False when the batch was aborted meanwhile, also for
 * a line that somebody else has taken since.
 */
export async function handOver(
  { database: { sql }, processId }: Needs,
  { batchId, index }: ClaimedItem,
  { sessionId, uploadId = null }: { sessionId: string; uploadId?: string | null },
): Promise<boolean> {
  const [row] = await sql<{ isAborted: boolean }[]>`
    with handed as (
      update batch_items set
        claimed_by = null, reason = null, session_id = ${sessionId},
        upload_id = coalesce(${uploadId}, upload_id),
        body = case when ${uploadId}::text is null then body end,
        blob_id = case when ${uploadId}::text is null then blob_id end
      where batch_id = ${batchId} and index = ${index} and claimed_by = ${processId}
    )
    select state = 'aborted' as "isAborted" from batches where id = ${batchId}`;
  return row?.isAborted === false;
}

/**
 * An attempt that ended with an error: tried again later when that may help, else the line has failed. A document that
 * cannot be read is a line that cannot be read: another one may take its place. A line whose session was started all the
 * same, as it says itself, goes on with that.
 */
export async function settleFailure(
  services: Needs,
  { batchId, index, kind, attempt }: ClaimedItem,
  { error, isStopping }: { error: unknown; isStopping: boolean },
): Promise<void> {
  const safe = toSafeError(error);
  // Somebody else changes that session, or its upload, at this very moment.
  const isPassing = passingCodes.has(safe.code) || (kind === "import" && safe.code === "conflict");
  services.log[isPassing ? "warn" : "info"](
    { err: error, batchId, index, attempt },
    "line not begun",
  );
  const isOver = !isStopping && (!isPassing || attempt >= BATCH_ATTEMPTS_MAX);
  const isUnreadable = kind === "import" && safe.code === "invalid_input";
  const field = safe.details["field"];
  // Of a start it is a member of the line.
  const reason =
    kind === "start" && typeof field === "string" ? `${field}: ${safe.message}` : safe.message;
  await transact(services, async (tx) => {
    await lockBatch(tx, batchId);
    const handedOver = await tx`
      update batch_items set claimed_by = null, reason = null
      where batch_id = ${batchId} and index = ${index} and claimed_by = ${services.processId}
        and ${kind === "start"} and session_id is not null
      returning 1`;
    if (handedOver.length > 0) return;
    const settled = await tx`
      update batch_items set
        claimed_by = null, state = ${isOver ? "failed" : "queued"}, reason = ${reason},
        attempts = ${isStopping ? attempt - 1 : attempt},
        retry_at = case when ${!isOver && !isStopping}
          then now() + ${retryDelaySeconds(attempt)} * interval '1 second' end,
        ended_at = case when ${isOver} then now() end
        ${isOver && isUnreadable ? tx`, fault = 'invalid', body = null, blob_id = null` : tx``}
      where batch_id = ${batchId} and index = ${index} and claimed_by = ${services.processId}
      returning 1`;
    if (settled.length === 0) return;
    await countLines(tx, batchId, { change: { running: -1, [isOver ? "failed" : "queued"]: 1 } });
  });
}

/** Puts a line back that this process has taken and does not work on. */
export async function requeueItem(
  services: Pick<Services, "database" | "bus" | "processId">,
  { batchId, index }: Pick<ClaimedItem, "batchId" | "index">,
): Promise<void> {
  await transact(services, async (tx) => {
    await lockBatch(tx, batchId);
    const requeued = await tx`
      update batch_items set state = 'queued', claimed_by = null
      where batch_id = ${batchId} and index = ${index} and state = 'running'
        and claimed_by = ${services.processId}
      returning 1`;
    if (requeued.length > 0) await countLines(tx, batchId, { change: { running: -1, queued: 1 } });
  });
}

/** 1, 4, 16 and 64 s, up to half longer by chance. */
const retryDelaySeconds = (attempt: number) => 4 ** (attempt - 1) * (1 + Math.random() / 2);
