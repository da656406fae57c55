import type { BatchUse } from "#lib/batch.ts";
import { isAppError } from "#lib/errors.ts";
import type { LineRun } from "#lib/line-states.ts";
import type { Database } from "#server/database/database.ts";
import type { BatchReading } from "#server/live/live-readers.ts";
import { readBatch } from "./read-batches.ts";

/**
 * What a page shows of a batch; null when there is no such batch. What is committed while this reads may be in a part of
 * the answer only: there is news of it, after which one reads again.
 */
export async function readBatchProgress(
  database: Database,
  batchId: string,
): Promise<BatchReading | null> {
  try {
    const [batch, use, lines] = await Promise.all([
      readBatch(database, batchId),
      readUse(database, batchId),
      readLineRuns(database, batchId),
    ]);
    return { batch, use, lines };
  } catch (error) {
    if (isAppError(error) && error.code === "not_found") return null;
    throw error;
  }
}

/** A session that several lines were given counts once. */
async function readUse({ sql }: Database, batchId: string): Promise<BatchUse> {
  const [use] = await sql<BatchUse[]>`
    select count(*)::float8 as "sessionCount", sum(cost_usd)::float8 as "costUsd",
      sum(tokens)::float8 as tokens, (
        select count(*) from batch_items where batch_id = ${batchId} and fault = 'too_large'
      )::float8 as "oversizedCount"
    from sessions
    where deleted_at is null and id in (
      select session_id from batch_items where batch_id = ${batchId} and session_id is not null
    )`;
  return use as BatchUse;
}

/** In the order of their indexes. A batch mostly has few: lines begin, and end, more or less in order. */
async function readLineRuns({ sql }: Database, batchId: string): Promise<LineRun[]> {
  const rows = await sql<{ from: number; to: number; state: LineRun[2] }[]>`
    select min(index) as "from", max(index) as "to", state
    from (
      select index, state, index - row_number() over (partition by state order by index) as island
      from batch_items where batch_id = ${batchId}
    ) as numbered
    group by state, island order by "from"`;
  return rows.map(({ from, to, state }): LineRun => [from, to, state]);
}
