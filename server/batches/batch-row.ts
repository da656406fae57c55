import type { Fragment, Sql, TransactionSql } from "#server/database/database.ts";

/** ISO 8601 in UTC: through `sql` moments are text. */
const iso = (sql: Sql | TransactionSql, column: string) =>
  sql`to_char(${sql(column)} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Of a URL, its host and port: what stands behind the scheme and a name with a password, where there is one. */
const HOST = String.raw`^[^:]*:[/\\]*(?:[^/?#\\]*@)?([^/?#\\]+)`;

/** The columns of a `Batch`, of a row `b` of `batches`. */
export function selectBatch(sql: Sql | TransactionSql): Fragment {
  const received = sql`(
    queued_count + running_count + done_count + failed_count + cancelled_count
  )`;
  return sql`
    b.id as "batchId", kind, b.state, expected_count as "expectedCount", concurrency, message,
    ${iso(sql, "created_at")} as "createdAt", ${iso(sql, "last_line_at")} as "lastLineAt",
    ${iso(sql, "sealed_at")} as "sealedAt", ${iso(sql, "finished_at")} as "finishedAt",
    (
      select json_build_object(
        'url', lower(split_part(url, ':', 1)) || '://' || substring(url from ${HOST}::text),
        'attempts', attempts, 'isDue', due_at is not null, 'reason', reason,
        'sentAt', ${iso(sql, "sent_at")}
      ) from batch_webhooks w where w.batch_id = b.id
    ) as webhook,
    conflict_count as "conflictCount", unassigned_count as "unassignedCount",
    skipped_item_count::float8 as "skippedItemCount",
    duplicate_count::float8 as "duplicateCount", ${received} as received,
    coalesce(
      expected_count, (select max(index) + 1 from batch_items i where i.batch_id = b.id), 0
    ) - ${received} as "missingCount",
    json_build_object(
      'queued', queued_count, 'running', running_count, 'done', done_count, 'failed', failed_count,
      'cancelled', cancelled_count
    ) as counts`;
}

/** The columns of a `BatchItem`, of a row of `batch_items`. */
export function selectItem(sql: Sql): Fragment {
  return sql`
    index, state, bytes::float8 as bytes, sha256, conflict_sha256 as "conflictSha256", fault, reason,
    session_id as "sessionId", upload_id as "uploadId", stored_count as "storedCount",
    skipped_count as "skippedCount", attempts,
    ${iso(sql, "started_at")} as "startedAt", ${iso(sql, "ended_at")} as "endedAt"`;
}
