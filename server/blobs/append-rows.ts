import { AppError } from "#lib/errors.ts";
import type { TransactionSql } from "#server/database/database.ts";

/** Of one row: whoever reads a part of it gets it whole. */
const ROW_MAX_BYTES = 256 * 1024;
/** A smaller row at the end takes what comes next: a row of less than this is not moved out of its table's page. */
const ROW_FILLED_BYTES = 2 * 1024;

/**
 * Appends bytes, at most 1 MiB or so, to a blob in the caller's transaction, so that they and what the caller writes
 * beside them are durable together or not at all. Whoever calls it lets one writer at a time do so, and nobody folds the
 * blob meanwhile. Returns the blob's new length; throws `gone` when it was deleted or is complete.
 */
export async function appendRows(
  tx: TransactionSql,
  blobId: string,
  data: Uint8Array,
): Promise<number> {
  const [row] = await tx<{ bytes: number }[]>`
    with given as (select ${data}::bytea as data),
    grown as (
      update blobs set bytes = bytes + octet_length(given.data) from given
      where id = ${blobId} and state = 'writing'
      returning bytes, bytes - octet_length(given.data) as start
    ),
    extended as (
      update blob_tail t set data = t.data || given.data from given, grown
      where t.blob_id = ${blobId} and octet_length(t.data) < ${ROW_FILLED_BYTES}
        and octet_length(given.data) < ${ROW_MAX_BYTES}
        and t.start = (select max(start) from blob_tail where blob_id = ${blobId})
      returning t.start
    ),
    added as (
      insert into blob_tail (blob_id, start, data)
      select ${blobId}, grown.start + at, substring(given.data from at + 1 for ${ROW_MAX_BYTES})
      from grown, given, generate_series(0, octet_length(given.data) - 1, ${ROW_MAX_BYTES}) at
      where not exists (select from extended)
    )
    select bytes::float8 as bytes from grown`;
  if (!row) {
    throw new AppError("gone", "The file was deleted while it was written", {
      details: { blobId },
    });
  }
  return row.bytes;
}
