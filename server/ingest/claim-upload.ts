import type { UploadEncoding } from "#lib/upload.ts";
import type { Fragment, TransactionSql } from "#server/database/database.ts";
import { transact } from "#server/live/transact.ts";
import type { Services } from "#server/services.ts";
import { announceUpload, type HeldUpload } from "./change-upload.ts";

/** An upload that this process has begun to work on. */
export interface ClaimedUpload extends HeldUpload {
  received: number;
  encoding: UploadEncoding;
  /** Null when the received bytes are gone. */
  blobId: string | null;
  /** As received. */
  bytes: number;
  /** From 1. */
  attempt: number;
}

/**
 * Takes the next upload that waits, null when none does. People take turns, and so do the sessions of one person: first
 * whoever has the fewest uploads at work, then who was served longest ago; within a session the oldest upload comes
 * first, but one that waits for its next attempt holds up nobody.
 */
export async function claimUpload(
  services: Pick<Services, "database" | "bus" | "processId">,
): Promise<ClaimedUpload | null> {
  const { processId } = services;
  const claimed = await transact(services, async (tx) => {
    // One chooses at a time: two would choose the same one, and the second would go away with nothing.
    await tx`select pg_advisory_xact_lock(hashtext('millrace.claim-upload'))`;
    const chosen = await chooseUpload(tx);
    if (chosen === null) return null;
    const [upload] = await tx<Omit<ClaimedUpload, "hold">[]>`
      update uploads set
        state = 'running', process_id = ${processId}, attempt = attempt + 1,
        started_at = clock_timestamp(), retry_at = null
      where id = ${chosen} and state = 'queued'
      returning id as "uploadId", session_id as "sessionId", generation,
        received::float8 as received, encoding, blob_id as "blobId", bytes::float8 as bytes, attempt`;
    return upload ?? null;
  });
  if (claimed === null) return null;
  // Apart: whoever deletes the session locks its row first and the upload's second.
  await transact(services, (tx) => announceUpload(tx, claimed));
  const hold = { state: "running" as const, processId, attempt: claimed.attempt };
  return { ...claimed, hold };
}

async function chooseUpload(tx: TransactionSql): Promise<string | null> {
  const ready = tx`state = 'queued' and (retry_at is null or retry_at <= now())`;
  const [owner] = await tx<{ id: string; lastSessionId: string | null }[]>`
    with recursive owners(id) as (
      (select owner_id from uploads where ${ready} order by owner_id limit 1)
      union all
      select (
        select owner_id from uploads where ${ready} and owner_id > owners.id
        order by owner_id limit 1
      )
      from owners where owners.id is not null
    )
    select owners.id, served.session_id as "lastSessionId"
    from owners
    left join lateral (
      select session_id, started_at from uploads
      where owner_id = owners.id and started_at is not null
      order by started_at desc limit 1
    ) as served on true
    where owners.id is not null
    order by
      (select count(*) from uploads where owner_id = owners.id and state = 'running'),
      served.started_at nulls first
    limit 1`;
  if (!owner) return null;
  const after = owner.lastSessionId ?? "";
  const oldest = async (condition: Fragment) => {
    const [upload] = await tx<{ id: string }[]>`
      select id from uploads
      where ${ready} and owner_id = ${owner.id} and ${condition}
      order by owner_id, session_id, received limit 1`;
    return upload?.id ?? null;
  };
  return (await oldest(tx`session_id > ${after}`)) ?? (await oldest(tx`session_id <= ${after}`));
}
