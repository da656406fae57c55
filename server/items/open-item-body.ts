import { Readable } from "node:stream";
import { AppError } from "#lib/errors.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import { openFarBody } from "./open-far-body.ts";

/** Bytes per chunk of a body that is in memory anyway. */
const CHUNK_BYTES = 65_536;

export interface ItemPosition {
  sessionId: string;
  generation: number;
  /** Position of the item's last change, as a page or an event told it. */
  seq: number;
}

export interface OpenedItemBody {
  /** UTF-8 bytes of the JSON text. */
  byteSize: number;
  /** Hex. */
  sha256: string;
  /** Read it to its end or destroy it. */
  stream: Readable;
}

/**
 * One item's whole body, byte for byte as received, wherever it is stored. `not_found` when there is no item at this
 * position: it never was, was deleted, or has changed since, and then its event brings the new position. `not_found`
 * too when its bytes are missing in the store.
 */
export async function openItemBody(
  services: BlobServices,
  position: ItemPosition,
): Promise<OpenedItemBody> {
  const { sessionId, generation, seq } = position;
  const [row] = await services.database.sql<
    { body: string | null; blobId: string | null; byteSize: string; sha256: string }[]
  >`
    select body, blob_id as "blobId", byte_size as "byteSize", body_sha256 as sha256 from items
    where session_id = ${sessionId} and generation = ${generation} and seq = ${seq} and not deleted`;
  if (!row)
    throw new AppError("not_found", "This item has changed or is gone", {
      details: { sessionId, seq },
    });
  const { body, blobId, sha256 } = row;
  const stream =
    blobId === null ? streamOf(body!) : await openFarBody(services, { ...position, blobId });
  return { byteSize: Number(row.byteSize), sha256, stream };
}

function streamOf(body: string): Readable {
  const bytes = Buffer.from(body);
  const chunkCount = Math.ceil(bytes.byteLength / CHUNK_BYTES);
  const chunks = Array.from({ length: chunkCount }, (_, n) =>
    bytes.subarray(n * CHUNK_BYTES, (n + 1) * CHUNK_BYTES),
  );
  return Readable.from(chunks, { objectMode: false });
}
