import type { Upload, UploadCounts } from "#lib/upload.ts";
import type { Fragment, Sql, TransactionSql } from "#server/database/database.ts";

/** ISO 8601 in UTC: through `sql` moments are text, and browsers differ in what else they parse. */
const iso = (sql: Sql | TransactionSql, column: string) =>
  sql`to_char(${sql(column)} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** The columns of an `Upload`, of a row of `uploads`. */
export function uploadColumns(sql: Sql | TransactionSql): Fragment {
  return sql`
    id as "uploadId", session_id as "sessionId", state, way, name, encoding,
    announced_bytes::float8 as "announcedBytes", sha256, format,
    coalesce(
      case when state = 'receiving' then (select b.bytes from blobs b where b.id = blob_id) end, bytes
    )::float8 as bytes,
    ignored_members as "ignoredMembers", attempt, stored_count as stored,
    unchanged_count as unchanged, stale_count as stale, skipped_count as skipped,
    decoded_bytes::float8 as "decodedBytes", unrecognised_bytes::float8 as "unrecognisedBytes",
    case when error_code is not null then json_build_object(
      'code', error_code, 'message', error_message, 'offset', error_offset
    ) end as error,
    blob_id is not null as "isKept",
    ${iso(sql, "created_at")} as "createdAt", ${iso(sql, "received_at")} as "receivedAt",
    ${iso(sql, "ended_at")} as "endedAt"`;
}

/** A row as `uploadColumns` reads it. */
export type UploadRow = Upload;

export const noCounts = (): UploadCounts => ({
  stored: 0,
  unchanged: 0,
  stale: 0,
  skipped: 0,
  decodedBytes: 0,
  unrecognisedBytes: 0,
});

/** What a `set` clause says of counts. */
export function setCounts(sql: Sql | TransactionSql, counts: UploadCounts): Fragment {
  return sql`
    stored_count = ${counts.stored}, unchanged_count = ${counts.unchanged},
    stale_count = ${counts.stale}, skipped_count = ${counts.skipped},
    decoded_bytes = ${counts.decodedBytes}, unrecognised_bytes = ${counts.unrecognisedBytes}`;
}
