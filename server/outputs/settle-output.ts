import { hash } from "node:crypto";
import { AppError, isAppError } from "#lib/errors.ts";
import type { Output } from "#lib/output.ts";
import { createAppendBlob } from "#server/blobs/append-blob.ts";
import { completeAppendBlob } from "#server/blobs/complete-append-blob.ts";
import { clearDeletedBlobs, markBlobsDeleted } from "#server/blobs/delete-blobs.ts";
import { openBlob } from "#server/blobs/open-blob.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { transact } from "#server/live/transact.ts";
import { type BegunOutput, noteChange, type OutputServices } from "./begin-output.ts";
import { refundBytes } from "./charge-bytes.ts";
import { getOutput } from "./output-row.ts";
import { isReference } from "./place-output.ts";
import { requireOwner } from "./require-owner.ts";

interface StoredBytes {
  blobId: string;
  bytes: number;
  thresholdBytes: number | undefined;
}

/** Ends an output whose bytes are all durable: as a reference, or small in its row. Resolves when that is committed. */
export async function settleComplete(
  services: OutputServices,
  begun: BegunOutput,
  { blobId, bytes, thresholdBytes }: StoredBytes,
): Promise<Output> {
  if (isReference(bytes, thresholdBytes)) return settleReference(services, begun, blobId);
  const output = await settleInline(services, begun, { blobId, bytes });
  await clearDeletedBlobs(services, [blobId]);
  return output;
}

/** Blob and row in one transaction: neither is complete without the other. */
async function settleReference(
  services: OutputServices,
  begun: BegunOutput,
  blobId: string,
): Promise<Output> {
  await completeAppendBlob(services, blobId, {
    within: ({ bytes, sha256 }, mark) =>
      transact(services, async (tx) => {
        const { seq } = await noteChange(tx, begun);
        await requireOwner(tx, begun);
        if (!(await mark(tx))) return false;
        const { count } = await tx`
          update outputs set state = 'complete', bytes = ${bytes}, sha256 = ${sha256}, seq = ${seq},
            ended_at = now()
          where id = ${begun.outputId} and state = 'writing'`;
        if (count !== 1) throw taken(begun);
        return true;
      }),
  });
  return getOutput(services.database.sql, begun.outputId);
}

/** So few bytes move out of the blob, which goes, into the output's row. */
async function settleInline(
  services: OutputServices,
  begun: BegunOutput,
  { blobId, bytes }: { blobId: string; bytes: number },
): Promise<Output> {
  const { stream } = await openBlob(services, blobId);
  const value = Buffer.concat(await stream.toArray());
  const sha256 = hash("sha256", value, "hex");
  return transact(services, async (tx) => {
    const { seq } = await noteChange(tx, begun);
    await requireOwner(tx, begun);
    const { count } = await tx`
      update outputs set state = 'complete', value = ${value}, blob_id = null, bytes = ${bytes},
        sha256 = ${sha256}, seq = ${seq}, ended_at = now()
      where id = ${begun.outputId} and state = 'writing'`;
    if (count !== 1) throw taken(begun);
    await markBlobsDeleted(tx, [blobId]);
    return getOutput(tx, begun.outputId);
  });
}

/**
 * Ends an output that will not come whole: what is stored of it stays. Nothing happens to one that has ended, or whose
 * session was deleted.
 */
export async function settleIncomplete(
  services: OutputServices,
  begun: BegunOutput,
  { message }: AppError,
): Promise<void> {
  await transact(services, async (tx) => {
    const { seq } = await noteChange(tx, begun);
    await tx`
      with cut as (
        update blobs set state = 'incomplete'
        from outputs o
        where o.id = ${begun.outputId} and o.state = 'writing' and blobs.id = o.blob_id
          and blobs.state = 'writing'
        returning blobs.id, blobs.bytes
      )
      update outputs set state = 'incomplete', bytes = cut.bytes, error = ${message}, seq = ${seq},
        ended_at = now()
      from cut where outputs.blob_id = cut.id`;
  }).catch((error: unknown) => {
    if (!isGone(error)) throw error;
  });
}

/** Gives an output that is still written a new, empty blob, and lets go of what was written so far. */
export async function replaceBlob(
  services: OutputServices,
  begun: BegunOutput,
  { blobId, mime }: { blobId: string; mime: string | null },
): Promise<string> {
  const { sessionId, generation, outputId } = begun;
  const added = await services.database.sql.begin(async (tx) => {
    // The session first, as every writer of outputs does.
    const [left] = await tx<{ bytes: number }[]>`
      select bytes::float8 as bytes from blobs where id = ${blobId}`;
    await refundBytes(tx, { sessionId, bytes: left?.bytes ?? 0 });
    const output = await lockWritten(tx, begun);
    const type = mime ?? output.mime;
    const name = output.name ?? undefined;
    const purpose = "output";
    const id = await createAppendBlob(tx, { sessionId, generation, purpose, mime: type, name });
    await tx`
      update outputs set blob_id = ${id}, mime = ${type}, is_replaced = true
      where id = ${outputId}`;
    await markBlobsDeleted(tx, [blobId]);
    return id;
  });
  await clearDeletedBlobs(services, [blobId]);
  return added;
}

async function lockWritten(tx: TransactionSql, begun: BegunOutput) {
  const [row] = await tx<{ mime: string; name: string | null }[]>`
    select mime, name from outputs where id = ${begun.outputId} and state = 'writing' for update`;
  if (!row) throw taken(begun);
  return row;
}

const isGone = (error: unknown) => isAppError(error) && error.code === "gone";

const taken = ({ outputId }: BegunOutput) =>
  new AppError("conflict", "The output was ended by somebody else", { details: { outputId } });
