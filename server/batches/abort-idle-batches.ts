import { durationInWords } from "#lib/duration-in-words.ts";
import { BATCH_IDLE_MS } from "#lib/limits.ts";
import type { Sql, TransactionSql } from "#server/database/database.ts";
import { transact } from "#server/live/transact.ts";
import type { Services } from "#server/services.ts";
import { giveUp } from "./change-batch.ts";
import { lockBatch } from "./count-lines.ts";

type Needs = Pick<Services, "database" | "bus" | "queue">;

const MESSAGE = `No line came for ${durationInWords(BATCH_IDLE_MS)}, and nobody sealed it`;

/** Gives up batches that nobody sealed and that get nothing any more. Safe to run at any time, and by many at once. */
export async function abortIdleBatches(services: Needs): Promise<void> {
  const { sql } = services.database;
  const idle = await sql<{ batchId: string }[]>`
    select id as "batchId" from batches b where ${isIdle(sql)}`;
  for (const { batchId } of idle) await abortIdle(services, batchId);
}

/** A line may have come, or sealed it, since it was found: that is seen once its row is locked. */
async function abortIdle(services: Needs, batchId: string): Promise<void> {
  await transact(services, async (tx) => {
    await lockBatch(tx, batchId);
    const [idle] = await tx`select 1 from batches b where id = ${batchId} and ${isIdle(tx)}`;
    if (idle) await giveUp(tx, services, { batchId, message: MESSAGE });
  });
}

/**
 * Of a row `b`. An upload that its maker sends for it comes before the line that names it: it is known by its key, which
 * begins with the batch's id and a slash. (The character behind the slash is 0.)
 */
const isIdle = (sql: Sql | TransactionSql) => sql`(
  b.state = 'open' and b.last_line_at < ${longAgo(sql)}
  and not exists (
    select from uploads u
    where u.owner_id = b.owner_id
      and u.idempotency_key > b.id || '/' and u.idempotency_key < b.id || '0'
      and (
        greatest(u.begun_at, u.received_at) >= ${longAgo(sql)}
        or u.state = 'receiving' and u.way = 'stream'
      )
  )
)`;

const longAgo = (sql: Sql | TransactionSql) =>
  sql`now() - ${BATCH_IDLE_MS} * interval '1 millisecond'`;
