import type { Sql } from "#server/database/database.ts";

/** A step of a `with`: the batch, locked before its lines, and only when one of them is at work. */
export const busyBatch = (sql: Sql, batchId: string) => sql`busy as (
  select id, kind, state as batch_state, message as batch_message
  from batches where id = ${batchId} and running_count > 0 for no key update
)`;
