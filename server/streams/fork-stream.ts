import { AppError } from "#lib/errors.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { isJson } from "./content-type.ts";
import { findStream, findStreamById, type StreamRow } from "./find-stream.ts";
import { findMessageEnd, isMessageStart } from "./stream-chunk.ts";

/** As asked for. */
export interface Fork {
  sourcePath: string;
  /** Null: the end of the source. */
  offset: number | null;
  /** Further than `offset`: messages of JSON, bytes of all else. */
  subOffset: number;
}

export interface ForkPoint {
  source: StreamRow;
  /** Bytes of the source that the fork has. */
  offset: number;
}

/**
 * Where a fork leaves its source. Throws `not_found`, `conflict` for a source that is deleted, `invalid_input` for a
 * place that it does not have.
 */
export async function resolveFork(
  services: BlobServices,
  teamId: string,
  { sourcePath, offset, subOffset }: Fork,
): Promise<ForkPoint> {
  const source = requireSource(
    await findStream(services.database.sql, { teamId, path: sourcePath }),
  );
  const anchor = offset ?? source.tail;
  if (anchor > source.tail) throw beyond("Stream-Fork-Offset");
  if (!isJson(source.contentType)) {
    if (anchor + subOffset > source.tail) throw beyond("Stream-Fork-Sub-Offset");
    return { source, offset: anchor + subOffset };
  }
  if (!(await isMessageStart(services, source, anchor))) throw beyond("Stream-Fork-Offset");
  if (subOffset === 0) return { source, offset: anchor };
  const range = { streamId: source.streamId, from: anchor, to: source.tail };
  const end = await findMessageEnd(services, range, subOffset);
  if (end === null) throw beyond("Stream-Fork-Sub-Offset");
  return { source, offset: end };
}

/** Throws as `resolveFork` does when the source is not there any more. Needs `lockStreamsOfTeam`. */
export async function requireForkPoint(
  tx: TransactionSql,
  { source: { streamId } }: ForkPoint,
): Promise<void> {
  requireSource(await findStreamById(tx, streamId, "share"));
}

/** Gives the fork what it has of its source. */
export async function copyParts(
  tx: TransactionSql,
  { source: { streamId }, offset }: ForkPoint,
  forkId: string,
): Promise<void> {
  await tx`
    insert into stream_parts (stream_id, start, blob_id)
    select ${forkId}, start, blob_id from stream_parts
    where stream_id = ${streamId} and start < ${offset}`;
}

function requireSource(source: StreamRow | null): StreamRow {
  if (source?.state === "gone") throw new AppError("conflict", "The source was deleted");
  if (source?.state !== "live") throw new AppError("not_found", "There is no such source");
  return source;
}

const beyond = (field: string) =>
  new AppError("invalid_input", "The source has no such place", { details: { field } });
