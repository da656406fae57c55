import { clearDeletedBlobs, markBlobsDeleted } from "#server/blobs/delete-blobs.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { announce, transact } from "#server/live/transact.ts";
import type { StreamServices } from "./append-to-stream.ts";
import { findStreamById, getStream, type StreamRef, type StreamRow } from "./find-stream.ts";
import { refundBlobs } from "./stream-quota.ts";

/** Lets one transaction at a time make forks of a team's streams, or remove streams, so that no order of locks matters. */
export async function lockStreamsOfTeam(tx: TransactionSql, teamId: string): Promise<void> {
  await tx`select from teams where id = ${teamId} for no key update`;
}

/**
 * Deletes a stream and its bytes. While it has forks they are kept, and its path with them; they go with the last fork.
 * Throws `not_found`, and `gone` for one that is kept already.
 */
export async function deleteStream(services: StreamServices, ref: StreamRef): Promise<void> {
  const blobIds = await transact(services, async (tx) => {
    await lockStreamsOfTeam(tx, ref.teamId);
    const removed = await removeStream(tx, await getStream(tx, ref, "update"));
    await refundBlobs(tx, ref.teamId, removed);
    return removed;
  });
  await clearDeletedBlobs(services, blobIds);
}

type Removed = Pick<StreamRow, "streamId" | "forkedFrom">;

/**
 * Removes a stream, or hides it while forks of it live, and then the source that was kept for it. Needs
 * `lockStreamsOfTeam`; returns the blobs whose bytes are to be removed after the commit, and given back with
 * `refundBlobs` before it.
 */
export async function removeStream(tx: TransactionSql, stream: Removed): Promise<string[]> {
  const { streamId, forkedFrom } = stream;
  const removed = await removeExpiredForks(tx, streamId);
  announce(tx, { kind: "stream", streamId });
  const [fork] = await tx`select from streams where forked_from = ${streamId} limit 1`;
  if (fork) {
    await tx`
      update streams set deleted_at = coalesce(deleted_at, clock_timestamp()), open_blob_id = null
      where id = ${streamId}`;
    return removed;
  }
  removed.push(...(await removeRows(tx, streamId)));
  const source = forkedFrom === null ? null : await findStreamById(tx, forkedFrom, "update");
  if (source && (await isKeptForForks(tx, source.streamId))) {
    removed.push(...(await removeStream(tx, source)));
  }
  return removed;
}

async function removeExpiredForks(tx: TransactionSql, streamId: string): Promise<string[]> {
  const forks = await tx<Removed[]>`
    select id as "streamId", null as "forkedFrom" from streams
    where forked_from = ${streamId} and deleted_at is null and expires_at <= clock_timestamp()
    for update`;
  const removed: string[] = [];
  for (const fork of forks) removed.push(...(await removeStream(tx, fork)));
  return removed;
}

async function removeRows(tx: TransactionSql, streamId: string): Promise<string[]> {
  const parts = await tx<{ blobId: string }[]>`
    delete from stream_parts where stream_id = ${streamId} returning blob_id as "blobId"`;
  await tx`delete from streams where id = ${streamId}`;
  const unused = await tx<{ blobId: string }[]>`
    select id as "blobId" from unnest(${parts.map(({ blobId }) => blobId)}::uuid[]) as given(id)
    where not exists (select from stream_parts where blob_id = given.id)`;
  const blobIds = unused.map(({ blobId }) => blobId);
  await markBlobsDeleted(tx, blobIds);
  return blobIds;
}

async function isKeptForForks(tx: TransactionSql, streamId: string): Promise<boolean> {
  const [row] = await tx`select from streams where id = ${streamId} and deleted_at is not null`;
  return row !== undefined;
}
