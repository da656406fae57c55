import type { Fragment, Sql, TransactionSql } from "#server/database/database.ts";
import { log } from "#server/log.ts";
import type { BlobServices } from "./write-blob.ts";

/** Keys per call of the store; what S3 takes at once. */
const KEYS_PER_DELETE = 1_000;

/**
 * Says that nobody refers to these blobs any more. Runs in the transaction that removed the last reference, so that
 * either both hold or none; the bytes follow with `removeDeletedBlobs`, or with the sweeper when we die before.
 */
export async function markBlobsDeleted(
  sql: Sql | TransactionSql,
  blobIds: readonly string[],
): Promise<void> {
  if (blobIds.length === 0) return;
  await sql`update blobs set state = 'deleting' where id = any(${[...blobIds]}::uuid[])`;
}

/**
 * `markBlobsDeleted` for those of the blobs that no output and no item has any more; answers which. Their session's row
 * is locked.
 */
export async function releaseBlobs(
  tx: TransactionSql,
  blobIds: readonly string[],
): Promise<string[]> {
  if (blobIds.length === 0) return [];
  const released = await tx<{ id: string }[]>`
    update blobs set state = 'deleting'
    where id = any(${[...blobIds]}::uuid[]) ${isUnreferenced(tx)}
    returning id`;
  return released.map(({ id }) => id);
}

/**
 * `removeDeletedBlobs` behind a commit, which holds whatever the store does: what it does not remove now, the sweeper
 * does. Never throws.
 */
export async function clearDeletedBlobs(
  services: BlobServices,
  blobIds: readonly string[],
): Promise<void> {
  await removeDeletedBlobs(services, blobIds).catch((error: unknown) => leave(blobIds, error));
}

/** Marks blobs that became part of nothing, and removes them, now or with the sweeper. Never throws. */
export async function discardBlobs(
  services: BlobServices,
  blobIds: readonly string[],
): Promise<void> {
  try {
    await markBlobsDeleted(services.database.sql, blobIds);
    await removeDeletedBlobs(services, blobIds);
  } catch (error) {
    leave(blobIds, error);
  }
}

function leave(blobIds: readonly string[], error: unknown): void {
  log.warn({ blobIds, err: error }, "deleted blobs are left to the sweeper");
}

/**
 * Removes the bytes and then the rows of blobs that are marked; others, and those that a row refers to nevertheless, are
 * left alone. Call it after the commit of the mark. Answers how many went. Safe to run again, and by many at once.
 */
export async function removeDeletedBlobs(
  { database: { sql }, blobs }: BlobServices,
  blobIds: readonly string[],
): Promise<number> {
  if (blobIds.length === 0) return 0;
  const ids = [...blobIds];
  const segments = await sql<{ key: string }[]>`
    select key from blob_segments join blobs on blobs.id = blob_id
    where blobs.id = any(${ids}::uuid[]) and state = 'deleting' ${isUnreferenced(sql)}`;
  for (let start = 0; start < segments.length; start += KEYS_PER_DELETE) {
    await blobs.delete(
      segments.slice(start, start + KEYS_PER_DELETE).map((segment) => segment.key),
    );
  }
  const { count } = await sql`
    delete from blobs where id = any(${ids}::uuid[]) and state = 'deleting' ${isUnreferenced(sql)}`;
  return count;
}

/** No row has the blob that could not do without it: those of the foreign keys that let none go. */
const isUnreferenced = (sql: Sql | TransactionSql): Fragment => sql`
  and not exists (select from items where blob_id = blobs.id)
  and not exists (select from item_refs where blob_id = blobs.id)
  and not exists (select from outputs where blob_id = blobs.id)
  and not exists (select from attachments where blob_id = blobs.id)
  and not exists (select from stream_parts where blob_id = blobs.id)
  and not exists (select from streams where open_blob_id = blobs.id)
  and not exists (select from checkpoint_parts where blob_id = blobs.id)
  and not exists (select from workspace_changes where blob_id = blobs.id)`;
