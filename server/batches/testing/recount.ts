import { expect } from "vitest";
import type { Database } from "#server/database/database.ts";

/** Fails unless the counts of every batch are what its lines say, and its state is what its counts say. */
export async function expectTrueCounts({ sql }: Database): Promise<void> {
  const batches = await sql<{ kept: number[]; counted: number[]; state: string; id: string }[]>`
    select id, state,
      array[
        queued_count, running_count, done_count, failed_count, cancelled_count, conflict_count,
        unassigned_count, skipped_item_count
      ]::float8[] as kept,
      (
        select array[
          count(*) filter (where i.state = 'queued'), count(*) filter (where i.state = 'running'),
          count(*) filter (where i.state = 'done'), count(*) filter (where i.state = 'failed'),
          count(*) filter (where i.state = 'cancelled'), count(i.conflict_sha256),
          (select count(*) from batch_markers m where m.batch_id = b.id and not is_placed),
          coalesce(sum(i.skipped_count), 0)
        ]::float8[]
        from batch_items i where i.batch_id = b.id
      ) as counted
    from batches b`;
  for (const { id, kept, counted, state } of batches) {
    expect({ id, counts: kept }).toEqual({ id, counts: counted });
    const [queued = 0, running = 0] = counted;
    if (state === "done") expect({ id, atWork: queued + running }).toEqual({ id, atWork: 0 });
    if (state === "sealed")
      expect({ id, atWork: queued + running > 0 }).toEqual({ id, atWork: true });
  }
}
