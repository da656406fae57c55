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

/** What the quota of a team leaves to an append. */
export interface RoomLeft {
  bytes: number;
  /** What is said of an append that brings more. */
  full: () => AppError;
}

/**
 * Bytes that the quota of a team leaves to an append, as it looks now. Throws `too_large` when there is none, or not so
 * much as was announced.
 */
export async function readStreamRoom(
  sql: Sql,
  teamId: string,
  { announcedBytes, quotaBytes = TEAM_STREAMS_MAX_BYTES }: StreamRoom,
): Promise<RoomLeft> {
  const usedBytes = await readUsedBytes(sql, teamId);
  const bytes = quotaBytes - usedBytes;
  const full = () => streamsFull({ quotaBytes, usedBytes });
  if (bytes <= 0 || (announcedBytes ?? 0) > bytes) throw full();
  return { bytes, full };
}

/**
 * Counts bytes that become part of a stream in the same transaction: of several writers none goes beyond the quota.
 * Throws `too_large` when they do not fit. Whoever is counted locks no stream behind this.
 */
export async function chargeStream(
  tx: TransactionSql,
  teamId: string,
  {
    addedBytes,
    quotaBytes = TEAM_STREAMS_MAX_BYTES,
  }: Pick<StreamRoom, "quotaBytes"> & { addedBytes: number },
): Promise<void> {
  const { count } = await tx`
    insert into stream_usage as used (team_id, bytes)
    select ${teamId}, ${addedBytes}::bigint where ${addedBytes}::bigint <= ${quotaBytes}::bigint
    on conflict (team_id) do update set bytes = used.bytes + excluded.bytes
    where used.bytes + excluded.bytes <= ${quotaBytes}::bigint`;
  if (count !== 1) throw streamsFull({ quotaBytes, usedBytes: await readUsedBytes(tx, teamId) });
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

async function readUsedBytes(sql: Sql | TransactionSql, teamId: string): Promise<number> {
  const [row] = await sql<{ bytes: number }[]>`
    select bytes::float8 as bytes from stream_usage where team_id = ${teamId}`;
  return row?.bytes ?? 0;
}

/** Says how much there is, so that whoever reads it knows what to delete. */
const streamsFull = (details: { quotaBytes: number; usedBytes: number }) =>
  new AppError(
    "too_large",
    `The streams of a team may take ${details.quotaBytes} bytes together, and ${details.usedBytes} are taken`,
    { details },
  );
