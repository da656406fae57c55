import { AppError } from "#lib/errors.ts";
import { TEAM_STREAMS_MAX_BYTES } from "#lib/limits.ts";
import type { Sql, TransactionSql } from "#server/database/database.ts";

/** What is known of an append before its bytes come. */
export interface StreamRoom {
  /** Where known: what does not fit is refused before it comes. */
  announcedBytes?: number | null | undefined;
  /** Of all streams of the team. */
  quotaBytes?: number | undefined;
}

interface Charge extends Pick<StreamRoom, "quotaBytes"> {
  addedBytes: number;
  /** What was reserved for these bytes ends with their being counted. */
  reservationId: string | null;
}

/**
 * Counts bytes that become part of a stream in the same transaction: of several writers none goes beyond the quota, and
 * none takes what another has reserved. Throws `too_large` when they do not fit. Whoever is counted locks no stream
 * behind this.
 */
export async function chargeStream(
  tx: TransactionSql,
  teamId: string,
  { addedBytes, reservationId, quotaBytes = TEAM_STREAMS_MAX_BYTES }: Charge,
): Promise<void> {
  if (reservationId) await tx`delete from stream_reservations where id = ${reservationId}`;
  const [, { count }] = await Promise.all([
    // A statement of its own: what the next one sees is as it is when the row is ours.
    tx`select from stream_usage where team_id = ${teamId} for update`,
    tx`
      insert into stream_usage as used (team_id, bytes)
      select ${teamId}, ${addedBytes}::bigint where ${addedBytes}::bigint <= ${quotaBytes}::bigint
      on conflict (team_id) do update set bytes = used.bytes + excluded.bytes
      where used.bytes + excluded.bytes + (
        select coalesce(sum(bytes), 0) from stream_reservations where team_id = ${teamId}
      ) <= ${quotaBytes}::bigint`,
  ]);
  if (count !== 1) throw streamsFull({ quotaBytes, usedBytes: await readTakenBytes(tx, teamId) });
}

/** Gives back what blobs took that are part of no stream any more. Locks no stream behind this, either. */
export async function refundBlobs(
  tx: TransactionSql,
  teamId: string,
  blobIds: readonly string[],
): Promise<void> {
  if (blobIds.length === 0) return;
  await tx`
    update stream_usage
    set bytes = greatest(0, bytes - (
      select sum(bytes) from blobs where id = any(${[...blobIds]}::uuid[])))
    where team_id = ${teamId}`;
}

/** Bytes that the streams of a team take, and those that appends have reserved, but for one of them. */
export async function readTakenBytes(
  sql: Sql | TransactionSql,
  teamId: string,
  exceptId: string | null = null,
): Promise<number> {
  const [row] = await sql<{ bytes: number }[]>`
    select (
      coalesce((select bytes from stream_usage where team_id = ${teamId}), 0)
      + coalesce((
        select sum(bytes) from stream_reservations
        where team_id = ${teamId} and id is distinct from ${exceptId}::uuid), 0)
    )::float8 as bytes`;
  return row!.bytes;
}

/** Says how much there is, so that whoever reads it knows what to delete. */
export const streamsFull = (details: { quotaBytes: number; usedBytes: number }) =>
  new AppError(
    "too_large",
    `The streams of a team may take ${details.quotaBytes} bytes together, and ${details.usedBytes} are taken`,
    { details },
  );
