import { AppError } from "#lib/errors.ts";
import { RESUMABLE_UPLOAD_IDLE_MS } from "#lib/limits.ts";
import type { UploadEncoding, UploadState } from "#lib/upload.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Database } from "#server/database/database.ts";
import type { UploadRef } from "../change-upload.ts";
import { requireUpload } from "../read-uploads.ts";

/** An upload that comes, or came, in pieces. */
export interface ResumableUpload extends UploadRef {
  state: UploadState;
  /** Null before its first byte, and once the received bytes are not kept any more. */
  blobId: string | null;
  /** All that it will have; null as long as the client did not say. */
  size: number | null;
  /** Durable bytes. */
  offset: number;
  name: string | null;
  encoding: UploadEncoding;
  /** When it is given up unless a byte comes, in milliseconds of the epoch; null when all are there. */
  expiresAtMs: number | null;
}

/**
 * Throws `not_found` and `gone` as `requireUpload` does; `not_found` for uploads that came in one request, `gone` for one
 * that was cancelled or given up.
 */
export async function findResumableUpload(
  database: Database,
  viewer: Viewer,
  uploadId: string,
): Promise<ResumableUpload> {
  await requireUpload(database, viewer, { uploadId, action: "ingest" });
  const [row] = await database.sql<(ResumableUpload & { isReceived: boolean })[]>`
    select u.id as "uploadId", u.session_id as "sessionId", u.generation, u.state,
      u.blob_id as "blobId", u.announced_bytes::float8 as size, u.name, u.encoding,
      received_at is not null as "isReceived",
      (case when received_at is null then coalesce(b.bytes, 0) else u.bytes end)::float8 as offset,
      case when received_at is null then (extract(epoch from coalesce(
        b.lease_until, u.begun_at + ${RESUMABLE_UPLOAD_IDLE_MS} * interval '1 millisecond'
      )) * 1000)::float8 end as "expiresAtMs"
    from uploads u left join blobs b on b.id = u.blob_id
    where u.id = ${uploadId} and u.way = 'resumable'`;
  if (!row) {
    throw new AppError("not_found", "There is no such resumable upload", {
      details: { field: "uploadId" },
    });
  }
  const { isReceived, ...upload } = row;
  if (upload.state === "failed" && !isReceived) {
    throw new AppError("gone", "This upload was cancelled or given up: begin another one", {
      details: { uploadId },
    });
  }
  return upload;
}
