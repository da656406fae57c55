import { AppError } from "#lib/errors.ts";
import { openBlob } from "#server/blobs/open-blob.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import type { OutputRef } from "./output-ref.ts";
import { decodeValue } from "./place-output.ts";
import type { RefStore } from "./resolve-output.ts";

/**
 * Opens the references of one session and no other. `not_found` for those of others, and where bytes are gone or were
 * never all there. A value is in memory whole.
 */
export function createRefStore(
  services: BlobServices,
  { sessionId, generation }: { sessionId: string; generation: number },
): RefStore {
  return {
    async resolveRef(ref) {
      const isOwn = ref.sessionId === sessionId && ref.generation === generation;
      if (!isOwn) throw refNotFound(ref);
      const { stream, state } = await openBlob(services, ref.blobId);
      if (state !== "complete") {
        stream.destroy();
        throw refNotFound(ref);
      }
      return valueOf(ref, (await stream.toArray()) as Buffer[]);
    },
  };
}

function valueOf({ form, mime }: OutputRef, chunks: Buffer[]): unknown {
  if (form !== "data-url") return decodeValue({ ...form, mime }, chunks);
  return `data:${mime};base64,${Buffer.concat(chunks).toString("base64")}`;
}

const refNotFound = ({ label }: OutputRef) =>
  new AppError("not_found", `The bytes of "${label}" are not here`, { details: { port: label } });
