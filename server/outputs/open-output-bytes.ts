import { Readable } from "node:stream";
import type { Output } from "#lib/output.ts";
import type { ByteRange } from "#server/blobs/blob-store.ts";
import { openBlob } from "#server/blobs/open-blob.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import { outputNotFound } from "./output-row.ts";

/**
 * The bytes of an output, wherever they lie, as far as they are stored; a range beyond the end is empty. `not_found` when
 * there is no such output, and when its bytes are gone. Read the stream to its end or destroy it.
 */
export async function openOutputBytes(
  services: BlobServices,
  { outputId }: Pick<Output, "outputId">,
  { offset = 0, length }: ByteRange = {},
): Promise<Readable> {
  const [row] = await services.database.sql<{ value: Buffer | null; blobId: string | null }[]>`
    select value, blob_id as "blobId" from outputs where id = ${outputId}`;
  if (!row) throw outputNotFound();
  if (row.blobId !== null) return (await openBlob(services, row.blobId, { offset, length })).stream;
  const end = length === undefined ? undefined : offset + length;
  return Readable.from([row.value!.subarray(offset, end)], { objectMode: false });
}
