import { AppError } from "#lib/errors.ts";
import type { Output } from "#lib/output.ts";
import { clearDeletedBlobs, releaseBlobs } from "#server/blobs/delete-blobs.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { transact } from "#server/live/transact.ts";
import { noteChange, type OutputServices } from "./begin-output.ts";
import { outputNotFound } from "./output-row.ts";

/**
 * Removes an output: its row first, its bytes after. `conflict` while it is written. Items and other
 * outputs that have its bytes keep them.
 */
export async function deleteOutput(
  services: Pick<OutputServices, "database" | "blobs" | "bus">,
  output: Pick<Output, "outputId" | "sessionId" | "generation">,
): Promise<void> {
  const { outputId, sessionId } = output;
  const blobIds = await transact(services, async (tx) => {
    await noteChange(tx, output);
    return removeOutput(tx, { outputId, sessionId });
  });
  await clearDeletedBlobs(services, blobIds);
}

/** The same in a transaction that has locked the session's row; answers which blobs are to go behind it. */
export async function removeOutput(
  tx: TransactionSql,
  { outputId, sessionId }: Pick<Output, "outputId" | "sessionId">,
): Promise<string[]> {
  const [row] = await tx<{ state: string; bytes: number; blobId: string | null }[]>`
    delete from outputs where id = ${outputId}
    returning state, bytes::float8 as bytes, blob_id as "blobId"`;
  if (!row) throw outputNotFound();
  if (row.state === "writing")
    throw new AppError("conflict", "The output is being written", { details: { outputId } });
  await tx`
    update sessions
    set output_count = output_count - 1, output_bytes = output_bytes - ${row.bytes}
    where id = ${sessionId}`;
  return releaseBlobs(tx, row.blobId === null ? [] : [row.blobId]);
}
