import { Readable } from "node:stream";
import { AppError } from "#lib/errors.ts";
import { encodeBase64 } from "#server/blobs/encode-base64.ts";
import { openBlob } from "#server/blobs/open-blob.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import type { Sql, TransactionSql } from "#server/database/database.ts";

/** A body that is a blob, of an item as it was at a position. */
export interface FarBodyPlace {
  sessionId: string;
  generation: number;
  seq: number;
  blobId: string;
}

/** A file that belongs into a stored body, see the table. */
export interface BodyFile {
  pointer: string;
  at: number;
  headBytes: number;
  blobId: string;
  mime: string;
  name: string | null;
  bytes: number;
  /** Its bytes are all there. */
  isStored: boolean;
  /** The output that has the same blob; null where there is none. */
  outputId: string | null;
}

/** The files of a body, in the order in which they stand in it. */
export async function findBodyFiles(
  sql: Sql | TransactionSql,
  { sessionId, generation, seq, blobId }: FarBodyPlace,
): Promise<BodyFile[]> {
  return sql<BodyFile[]>`
    select r.pointer, r.at::float8 as at, r.head_bytes as "headBytes", r.blob_id as "blobId",
      coalesce(r.mime, b.mime) as mime, case when r.mime is null then b.name else r.name end as name,
      b.bytes::float8 as bytes, b.state = 'complete' as "isStored",
      (select min(id) from outputs o where o.blob_id = r.blob_id) as "outputId"
    from items i
      join item_refs r using (session_id, generation, type, message_id, part_id)
      join blobs b on b.id = r.blob_id
    where i.session_id = ${sessionId} and i.generation = ${generation} and i.seq = ${seq}
      and i.blob_id = ${blobId}
    order by r.at`;
}

/**
 * Opens a body as it was received: what is stored of it, with its files in their places. Throws `not_found` when bytes
 * are gone. Read the stream to its end or destroy it.
 */
export async function openFarBody(services: BlobServices, place: FarBodyPlace): Promise<Readable> {
  const files = await findBodyFiles(services.database.sql, place);
  if (files.some(({ isStored }) => !isStored))
    throw new AppError("not_found", "A file of this item is gone", {
      details: { sessionId: place.sessionId, seq: place.seq },
    });
  const { stream } = await openBlob(services, place.blobId);
  if (files.length === 0) return stream;
  const whole = Readable.from(putBack(services, stream, files), { objectMode: false });
  // A generator that was never started does not close what it was given.
  return whole.once("close", () => stream.destroy());
}

async function* putBack(
  services: BlobServices,
  stored: Readable,
  files: readonly BodyFile[],
): AsyncGenerator<Uint8Array> {
  let position = 0;
  let next = 0;
  for await (const chunk of stored as AsyncIterable<Buffer>) {
    let from = 0;
    for (let file = files[next]; file && file.at <= position + chunk.byteLength;) {
      const cut = file.at - position;
      if (cut > from) yield chunk.subarray(from, cut);
      from = cut;
      yield* encodeBase64((await openBlob(services, file.blobId)).stream);
      next += 1;
      file = files[next];
    }
    if (from < chunk.byteLength) yield chunk.subarray(from);
    position += chunk.byteLength;
  }
}
