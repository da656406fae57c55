import { Readable } from "node:stream";
import type { Output } from "#lib/output.ts";
import type { ByteRange } from "#server/blobs/blob-store.ts";
import { openBlob } from "#server/blobs/open-blob.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import { outputNotFound } from "./output-row.ts";

/** A range as it was stored when it was opened. */
export interface OpenedRange {
  stream: Readable;
  /** Of the stream: less than was asked for where the output ends before. */
  bytes: number;
}

/**
 * The bytes of an output, wherever they lie, as far as they are stored; a range beyond the end is empty. `not_found` when
 * there is no such output, and when its bytes are gone. Read the stream to its end or destroy it.
 */
export async function openOutputBytes(
  services: BlobServices,
  output: Pick<Output, "outputId">,
  range: ByteRange = {},
): Promise<Readable> {
  const { stream } = await openOutputRange(services, output, range);
  return stream;
}

/** The same, with its length. */
export async function openOutputRange(
  services: BlobServices,
  { outputId }: Pick<Output, "outputId">,
  range: ByteRange = {},
): Promise<OpenedRange> {
  const place = await readPlace(services, outputId);
  try {
    return await openPlace(services, place, range);
  } catch (error) {
    // Few bytes move into their row at the end, and another value comes in a blob of its own.
    const present = await readPlace(services, outputId);
    if (present.blobId === place.blobId) throw error;
    return openPlace(services, present, range);
  }
}

interface Place {
  value: Buffer | null;
  blobId: string | null;
}

async function readPlace({ database: { sql } }: BlobServices, outputId: string): Promise<Place> {
  const [row] = await sql<Place[]>`
    select value, blob_id as "blobId" from outputs where id = ${outputId}`;
  if (!row) throw outputNotFound();
  return row;
}

async function openPlace(
  services: BlobServices,
  { value, blobId }: Place,
  range: ByteRange,
): Promise<OpenedRange> {
  const { offset = 0, length } = range;
  const end = length === undefined ? Number.MAX_SAFE_INTEGER : offset + length;
  if (blobId !== null) {
    const { stream, totalBytes } = await openBlob(services, blobId, range);
    return { stream, bytes: Math.max(0, Math.min(totalBytes, end) - offset) };
  }
  const bytes = value!.subarray(offset, end);
  return { stream: Readable.from([bytes], { objectMode: false }), bytes: bytes.byteLength };
}
