import type { Batch, BatchItem } from "#lib/batch.ts";
import type { Fragment, Sql } from "#server/database/database.ts";

/** ISO 8601 in UTC: through `sql` moments are text. */
const iso = (sql: Sql, column: string) =>
  sql`to_char(${sql(column)} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** The columns of a `Batch`, of a row of `batches`; counts its items. */
export function selectBatch(sql: Sql): Fragment {
  return sql`
    b.id as "batchId", kind, b.state, expected_count as "expectedCount", concurrency, message,
    ${iso(sql, "created_at")} as "createdAt", ${iso(sql, "last_line_at")} as "lastLineAt",
    ${iso(sql, "sealed_at")} as "sealedAt", ${iso(sql, "finished_at")} as "finishedAt",
    (
      select json_build_object(
        'url', url, 'attempts', attempts, 'isDue', due_at is not null, 'reason', reason,
        'sentAt', ${iso(sql, "sent_at")}
      ) from batch_webhooks w where w.batch_id = b.id
    ) as webhook,
    (select count(*) from batch_markers m where m.batch_id = b.id)::float8 as "unassignedCount",
    (
      select json_build_object(
        'queued', count(*) filter (where i.state = 'queued'),
        'running', count(*) filter (where i.state = 'running'),
        'done', count(*) filter (where i.state = 'done'),
        'failed', count(*) filter (where i.state = 'failed'),
        'cancelled', count(*) filter (where i.state = 'cancelled'),
        'received', count(*), 'conflicts', count(i.conflict_sha256)
      ) from batch_items i where i.batch_id = b.id
    ) as counts`;
}

/** A row as `selectBatch` reads it. */
export interface BatchRow extends Omit<Batch, "received" | "conflictCount"> {
  counts: Batch["counts"] & { received: number; conflicts: number };
}

export function toBatch({ counts: { received, conflicts, ...counts }, ...row }: BatchRow): Batch {
  return { ...row, counts, received, conflictCount: conflicts };
}

/** The columns of a `BatchItem`, of a row of `batch_items`. */
export function selectItem(sql: Sql): Fragment {
  return sql`
    index, state, bytes::float8 as bytes, sha256, conflict_sha256 as "conflictSha256", fault, reason,
    session_id as "sessionId", upload_id as "uploadId", attempts,
    ${iso(sql, "started_at")} as "startedAt", ${iso(sql, "ended_at")} as "endedAt"`;
}

/** A row as `selectItem` reads it. */
export type BatchItemRow = BatchItem;
