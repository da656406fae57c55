import type { BatchUse } from "#lib/batch.ts";
import { isAppError } from "#lib/errors.ts";
import { BATCH_LINES_MAX } from "#lib/limits.ts";
import type { LineRun } from "#lib/line-states.ts";
import type { Database } from "#server/database/database.ts";
import type { BatchReading } from "#server/live/live-readers.ts";
import { readBatch } from "./read-batches.ts";

/**
 * What a page shows of a batch; null when there is no such batch. What is committed while this reads may be in a part of
 * the answer only: there is news of it, after which one reads again. Of the lines' runs the first `runsMax`.
 */
export async function readBatchProgress(
  database: Database,
  batchId: string,
  { runsMax = BATCH_LINES_MAX }: { runsMax?: number } = {},
): Promise<BatchReading | null> {
  try {
    const [batch, use, lines] = await Promise.all([
      readBatch(database, batchId),
      readUse(database, batchId),
      readLineRuns(database, { batchId, runsMax }),
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

/**
 * In the order of their indexes. A batch mostly has few: lines begin, and end, more or less in order. Lines are read in
 * that order, and no further than to where the first run that is not asked for begins.
 */
async function readLineRuns(
  { sql }: Database,
  { batchId, runsMax }: { batchId: string; runsMax: number },
): Promise<LineRun[]> {
  const starts = await sql<{ from: number; before: number; last: number; state: LineRun[2] }[]>`
    select index as "from", before, state,
      (select max(index) from batch_items where batch_id = ${batchId}) as last
    from (
      select index, state, lag(index) over by_index as before, lag(state) over by_index as was
      from batch_items where batch_id = ${batchId}
      window by_index as (order by index)
    ) as lines
    where before is distinct from index - 1 or was <> state
    order by index limit ${runsMax + 1}`;
  return starts
    .slice(0, runsMax)
    .map(({ from, last, state }, n): LineRun => [from, starts[n + 1]?.before ?? last, state]);
}
