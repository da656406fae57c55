import { EARLY_INGEST_MIN_BYTES, UPLOAD_MAX_BYTES } from "#lib/limits.ts";
import type { UploadEncoding } from "#lib/upload.ts";
import { AppError } from "#lib/errors.ts";
import type { TransactionSql } from "#server/database/database.ts";
import type { Services } from "#server/services.ts";
import type { IngestTarget } from "../ingest-items.ts";

/** What has been under way for less may be there in a moment. */
const UNDER_WAY_MS = 2_000;

/** An upload that arrives in pieces, some of which are durable. */
export interface GrowingUpload extends IngestTarget {
  uploadId: string;
  blobId: string;
  encoding: UploadEncoding;
}

interface Wanted {
  /** Sessions that have an upload which is being read. */
  busySessionIds: readonly string[];
  /** By blob: how many bytes an upload must have to be worth another beginning. */
  worthBytes: ReadonlyMap<string, number>;
  limit: number;
}

/**
 * Uploads that are worth reading before they are there, those that nobody has read first. Of several workers each finds
 * the uploads of other sessions, so that none is read twice; that is good manners and no lock.
 */
export async function findGrowingUploads(
  { database: { sql }, processId }: Pick<Services, "database" | "processId">,
  { busySessionIds, worthBytes, limit }: Wanted,
): Promise<GrowingUpload[]> {
  return sql<GrowingUpload[]>`
    select u.id as "uploadId", u.session_id as "sessionId", u.generation,
      u.received::float8 as received, u.blob_id as "blobId", u.encoding
    from uploads u
    join blobs b on b.id = u.blob_id
    left join unnest(
      ${[...worthBytes.keys()]}::uuid[], ${[...worthBytes.values()].map(String)}::float8[]
    ) as read(blob_id, worth_bytes) on read.blob_id = b.id
    where u.state = 'receiving' and u.way = 'resumable'
      and coalesce(u.announced_bytes, ${UPLOAD_MAX_BYTES}) >= ${EARLY_INGEST_MIN_BYTES}
      and u.begun_at < now() - ${UNDER_WAY_MS} * interval '1 millisecond'
      and b.state = 'writing' and b.bytes > 0 and b.bytes >= coalesce(read.worth_bytes, 0)
      and u.session_id <> all(${[...busySessionIds]}::text[])
      and ${processId} = (
        select id from processes where roles like '%worker%'
        order by md5(id || u.session_id) limit 1
      )
    order by read.worth_bytes nulls first, u.begun_at
    limit ${limit}`;
}

/** Durable bytes of an upload; null once it is not received any more, or begins anew. */
export async function readArrivedBytes(
  { database: { sql } }: Pick<Services, "database">,
  { uploadId, blobId }: GrowingUpload,
): Promise<number | null> {
  const [row] = await sql<{ bytes: number }[]>`
    select b.bytes::float8 as bytes from uploads u join blobs b on b.id = u.blob_id
    where u.id = ${uploadId} and u.state = 'receiving' and u.blob_id = ${blobId}`;
  return row?.bytes ?? null;
}

/**
 * Throws `gone` when an upload is not received any more. Whoever changes that locks the session first: behind its lock the
 * answer holds until the transaction ends.
 */
export async function requireGrowing(
  tx: TransactionSql,
  { uploadId, blobId }: GrowingUpload,
): Promise<void> {
  const rows = await tx`
    select from uploads where id = ${uploadId} and state = 'receiving' and blob_id = ${blobId}`;
  if (rows.length > 0) return;
  throw new AppError("gone", "The upload does not arrive any more", { details: { uploadId } });
}
