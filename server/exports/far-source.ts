import { pipeline, type Readable, type Transform } from "node:stream";
import { AppError, isAppError } from "#lib/errors.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import { openFarBody } from "#server/items/open-far-body.ts";
import type { Target } from "#server/items/transcript-bounds.ts";
import type { FarBody } from "./export-row.ts";

/** A body that is a blob. */
export interface FarSource extends Target {
  services: BlobServices;
  far: FarBody;
  /** Changes it on its way, made anew for every reading: null hides the body. Null for what goes out as it is. */
  change: (() => Transform | null) | null;
}

/** The body as it goes out, or why it does not. */
export async function openChanged(source: FarSource): Promise<Readable | "missing" | "omitted"> {
  const change = source.change?.() ?? null;
  if (source.change !== null && change === null) return "omitted";
  const stored = await openStored(source);
  if (stored === null) return "missing";
  // Who reads hears of an error by the stream that he has.
  return change ? pipeline(stored, change, () => {}) : stored;
}

/** Throws when other bytes are there than were stored; of changed ones nobody knows how many there are. */
export async function* readWhole(
  { far, change }: FarSource,
  body: Readable,
): AsyncGenerator<Buffer> {
  let byteLength = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      byteLength += chunk.byteLength;
      yield chunk;
    }
  } finally {
    body.destroy();
  }
  if (change === null && byteLength !== far.byteSize) throw damaged(far);
}

/**
 * Null when its bytes are missing in the store. When that is because the session or the item changed after the view was
 * taken, the view cannot be kept any more: `gone`, `conflict`.
 */
async function openStored({
  services,
  sessionId,
  generation,
  far: { blobId, seq },
}: FarSource): Promise<Readable | null> {
  try {
    return await openFarBody(services, { sessionId, generation, seq, blobId });
  } catch (error) {
    if (!isAppError(error) || error.code !== "not_found") throw error;
  }
  const [row] = await services.database.sql<{ isSame: boolean }[]>`
    select exists (
      select from items where session_id = ${sessionId} and generation = ${generation} and seq = ${seq} and blob_id = ${blobId}
    ) as "isSame"
    from sessions where id = ${sessionId} and generation = ${generation} and deleted_at is null`;
  if (!row) throw new AppError("gone", "The session was deleted while it was exported");
  if (!row.isSame)
    throw new AppError("conflict", "An item changed while it was exported; export again");
  return null;
}

export const damaged = ({ blobId, byteSize }: FarBody) =>
  new AppError("internal", "The stored body of an item has another length than it should", {
    details: { blobId, byteSize },
  });
