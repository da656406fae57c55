import type { BatchKind } from "#lib/batch.ts";
import { AppError, isAppError } from "#lib/errors.ts";
import { interruptTurn } from "#server/sessions/prompt-queue.ts";
import type { Services } from "#server/services.ts";
import { cancelReturned } from "./change-batch.ts";
import { type ClaimedItem, claimItem } from "./claim-item.ts";
import { settleFailure } from "./change-item.ts";
import { importItem } from "./import-item.ts";
import { enqueueBatch } from "./process-batch-job.ts";
import { settleItems } from "./settle-items.ts";
import { startItem } from "./start-item.ts";

/** Lines of one batch that one process works on at one time, whatever the batch's limit. */
const LANES_MAX = 16;
/** After this long, other batches have their turn: the queue is worked off in the order in which jobs came. */
const TURN_MS = 3_000;

interface RunOptions {
  signal: AbortSignal;
  /** Lines that are worked on here. */
  atWork: Set<string>;
}

/**
 * Works on the lines of a batch until none waits, its limit is reached, or other batches should have their turn. Lines
 * begin in the order of their indexes. Throws only when the database is away; safe to run again, and by many at once.
 */
export async function runBatch(
  services: Services,
  batchId: string,
  { signal, atWork }: RunOptions,
): Promise<void> {
  const { sql } = services.database;
  const [batch] = await sql<{ state: string; kind: BatchKind; concurrency: number }[]>`
    select state, kind, concurrency from batches where id = ${batchId}`;
  if (!batch) return;
  if (batch.state === "aborted") {
    await cancelReturned(services, batchId);
    return stopSessions(services, batchId);
  }
  const endAt = performance.now() + TURN_MS;
  let isMoreLeft = false;

  const lane = async () => {
    while (!signal.aborted) {
      if (performance.now() > endAt) {
        isMoreLeft = true;
        return;
      }
      const item = await claimItem(services, { batchId, kind: batch.kind });
      if (item === null) return;
      await runItem(services, item, { signal, atWork });
    }
  };
  const laneCount = Math.min(batch.concurrency, LANES_MAX);
  await Promise.all(Array.from({ length: laneCount }, lane));
  await settleItems(services, { batchId, kind: batch.kind });
  if (isMoreLeft) await enqueueBatch(services, batchId);
}

async function runItem(
  services: Services,
  item: ClaimedItem,
  { signal, atWork }: RunOptions,
): Promise<void> {
  const key = keyOf(item);
  atWork.add(key);
  try {
    await beginItem(services, item);
    await settleItems(services, item);
  } catch (error) {
    await settleFailure(services, item, { error, isStopping: signal.aborted });
  } finally {
    atWork.delete(key);
  }
}

export const keyOf = ({ batchId, index }: { batchId: string; index: number }) =>
  `${batchId}/${index}`;

async function beginItem(services: Services, item: ClaimedItem): Promise<void> {
  const { owner, kind, body } = item;
  if (!owner) throw new AppError("forbidden", "Whoever made the batch has left the team");
  if (kind === "import") return importItem(services, owner, item);
  if (body === null) throw new AppError("invalid_input", "The line is not kept any more");
  await startItem(services, owner, { ...item, body });
}

/**
 * What an aborted batch has begun, also for a line that waited again when it was cancelled. A session that was stopped,
 * and that somebody went on with, is theirs.
 */
async function stopSessions(services: Services, batchId: string): Promise<void> {
  const { sql } = services.database;
  const sessions = await sql<{ sessionId: string; generation: number; teamId: string }[]>`
    select s.id as "sessionId", s.generation, s.team_id as "teamId"
    from batch_items i
    join batches b on b.id = i.batch_id and b.kind = 'start'
    join sessions s on s.id = i.session_id and s.deleted_at is null
    where i.batch_id = ${batchId} and (i.state = 'running' or i.state = 'cancelled' and (
      select count(*) from prompts p where p.session_id = s.id and p.generation = s.generation
    ) = 1)`;
  for (const session of sessions) {
    await interruptTurn(services, session).catch((error: unknown) => {
      if (!isAppError(error) || error.code !== "gone") throw error;
    });
  }
}
