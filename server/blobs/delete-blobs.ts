import type { Sql, TransactionSql } from "#server/database/database.ts";
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
 * Removes the bytes and then the rows of blobs that are marked; others are left alone. Call it after the commit of the
 * mark. Safe to run again, and by many at once.
 */
export async function removeDeletedBlobs(
  { database: { sql }, blobs }: BlobServices,
  blobIds: readonly string[],
): Promise<void> {
  if (blobIds.length === 0) return;
  const ids = [...blobIds];
  const segments = await sql<{ key: string }[]>`
    select key from blob_segments join blobs on blobs.id = blob_id
    where blob_id = any(${ids}::uuid[]) and state = 'deleting'`;
  for (let start = 0; start < segments.length; start += KEYS_PER_DELETE) {
    await blobs.delete(
      segments.slice(start, start + KEYS_PER_DELETE).map((segment) => segment.key),
    );
  }
  await sql`delete from blobs where id = any(${ids}::uuid[]) and state = 'deleting'`;
}
