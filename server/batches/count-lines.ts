import type { BatchItemState, BatchState } from "#lib/batch.ts";
import type { Fragment, Sql, TransactionSql } from "#server/database/database.ts";
import { announce } from "#server/live/transact.ts";

// Lines and their counts change together, and the batch's row is locked before any line: so nobody waits in a circle.
// A statement that changes lines of one batch counts them itself (`countMoved`): the row is locked as long as it runs,
// however far away the database is. What takes several statements begins with `lockBatch` and ends with `countLines`.

/** How many more there are of each; less where negative. */
export interface CountChange extends Partial<Record<BatchItemState, number>> {
  /** Lines that another one came for, for the first time. */
  conflicts?: number;
  /** Lines that came again as they were. */
  duplicates?: number;
  /** Lines that belong to no index. */
  unassigned?: number;
  /** Items that nothing could be made of. */
  skippedItems?: number;
}

/** Locks the batch until the transaction ends; null when there is none. To be called before any line of it is touched. */
export async function lockBatch(
  tx: TransactionSql,
  batchId: string,
): Promise<{ state: BatchState; statesIndex: boolean } | null> {
  const [batch] = await tx<{ state: BatchState; statesIndex: boolean }[]>`
    select state, states_index as "statesIndex" from batches
    where id = ${batchId} for no key update`;
  return batch ?? null;
}

/**
 * Counts what the transaction has changed in the lines of a batch that it has locked, see `countMoved`, and announces
 * it. `isSealing` ends the lines of a batch, though more may be expected. Answers the batch's state from now on.
 */
export async function countLines(
  tx: TransactionSql,
  batchId: string,
  { change, isSealing = false }: { change: CountChange; isSealing?: boolean },
): Promise<BatchState | null> {
  const { queued = 0, running = 0, done = 0, failed = 0, cancelled = 0 } = change;
  const { conflicts = 0, duplicates = 0, unassigned = 0, skippedItems = 0 } = change;
  const [batch] = await tx<{ state: BatchState }[]>`
    with change as (
      select ${queued}::int as queued, ${running}::int as running, ${done}::int as done,
        ${failed}::int as failed, ${cancelled}::int as cancelled, ${conflicts}::int as conflicts,
        ${duplicates}::bigint as duplicates, ${unassigned}::int as unassigned,
        ${skippedItems}::bigint as skipped_items
    ), ${applyChange(tx, { batchId, isSealing })}
    select state from counted`;
  if (!batch) return null;
  announce(tx, { kind: "batch", batchId });
  return batch.state;
}

/**
 * Further steps of a `with` that counts the lines of a batch that went from one state to another: the rows `was` and
 * `now` of the step `moved`, null for a line that was not there; `skippedItems` is how many more items of all of them
 * were skipped. The batch goes where its counts say it is: sealed with
 * the last of its expected lines, done when none waits or is at work, sealed again when one does. Whoever waits for the
 * end is told of it. The statement must have locked the batch before the lines, and is to be announced by its caller.
 */
export const countMoved = (
  sql: Sql | TransactionSql,
  batchId: string,
  skippedItems: Fragment = sql`0`,
): Fragment => sql`
  change as (
    select ${gained(sql, "queued")} as queued, ${gained(sql, "running")} as running,
      ${gained(sql, "done")} as done, ${gained(sql, "failed")} as failed,
      ${gained(sql, "cancelled")} as cancelled, 0 as conflicts, 0 as duplicates, 0 as unassigned,
      ${skippedItems}::bigint as skipped_items
    from moved having count(*) > 0
  ), ${applyChange(sql, { batchId, isSealing: false })}`;

const gained = (sql: Sql | TransactionSql, state: BatchItemState) => sql`(
  count(*) filter (where now = ${state}) - count(*) filter (where was = ${state})
)::int`;

/** From the row of the step `change`, if there is one. */
const applyChange = (
  sql: Sql | TransactionSql,
  { batchId, isSealing }: { batchId: string; isSealing: boolean },
): Fragment => sql`
  changed as (
    select id, state, expected_count, sealed_at, finished_at, conflicts, duplicates, unassigned,
      skipped_items,
      queued_count + queued as queued, running_count + running as running,
      done_count + done as done, failed_count + failed as failed,
      cancelled_count + cancelled as cancelled
    from change cross join batches where id = ${batchId} for no key update of batches
  ), full_or_not as (
    select *, state in ('sealed', 'done') or state = 'open' and (${isSealing} or coalesce(
      expected_count = queued + running + done + failed + cancelled, false
    )) as is_sealed
    from changed
  ), after as (
    select *, case
      when state = 'aborted' then 'aborted'
      when not is_sealed then 'open'
      when queued + running > 0 then 'sealed'
      else 'done'
    end as next
    from full_or_not
  ), counted as (
    update batches b set
      queued_count = queued, running_count = running, done_count = done, failed_count = failed,
      cancelled_count = cancelled, conflict_count = conflict_count + conflicts,
      duplicate_count = duplicate_count + duplicates,
      unassigned_count = unassigned_count + unassigned,
      skipped_item_count = skipped_item_count + skipped_items, state = next,
      sealed_at = case when is_sealed then coalesce(after.sealed_at, now()) else after.sealed_at end,
      finished_at = case
        when next = 'done' and after.state <> 'done' then now()
        when next <> 'sealed' then after.finished_at
      end
    from after where b.id = after.id
    returning b.id, after.state as was, b.state
  ), told as (
    update batch_webhooks set
      message_id = gen_random_uuid(), attempts = 0, due_at = now(), sent_at = null, reason = null
    from counted
    where batch_id = counted.id and counted.state = 'done' and counted.was <> 'done'
  )`;

/** How many of the states are there. */
export function countStates(states: readonly BatchItemState[]): CountChange {
  const counts: CountChange = {};
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
