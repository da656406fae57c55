import { createHash } from "node:crypto";
import { appendToBlob, type Appending, createAppendBlob } from "../append-blob.ts";
import type { BlobStore } from "../blob-store.ts";
import { completeAppendBlob } from "../complete-append-blob.ts";
import { useBlobsTest } from "./use-blobs-test.ts";

export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Blobs that are appended to, in segments of 1,000 bytes, for the tests of a file. */
export function useAppendTest() {
  const harness = useBlobsTest();
  return {
    harness,

    create: () =>
      createAppendBlob(harness.context.database.sql, {
        sessionId: harness.sessionId,
        generation: 1,
        purpose: "output",
        mime: "text/plain",
      }),

    append: (blobId: string, appending: Appending, blobs: BlobStore = harness.context.blobs) =>
      appendToBlob({ ...harness.context, blobs }, blobId, { segmentBytes: 1_000, ...appending }),

    complete: (blobId: string) => completeAppendBlob(harness.context, blobId),

    /** Bytes of each segment, and of each row after them. */
    async readLayout(blobId: string) {
      const { sql } = harness.context.database;
      const segments = await sql<{ bytes: number }[]>`
        select bytes::float8 as bytes from blob_segments where blob_id = ${blobId} order by n`;
      const rows = await sql<{ bytes: number }[]>`
        select octet_length(data) as bytes from blob_tail where blob_id = ${blobId} order by start`;
      return { segments: segments.map((one) => one.bytes), rows: rows.map((one) => one.bytes) };
    },
  };
}
