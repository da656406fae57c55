import { RESUMABLE_UPLOAD_IDLE_MS } from "#lib/limits.ts";
import { HASHING_SIGN_MS } from "#server/blobs/complete-append-blob.ts";
import { markBlobsDeleted } from "#server/blobs/delete-blobs.ts";
import { toSafeError } from "#server/database/to-safe-error.ts";
import type { Services } from "#server/services.ts";
import { changeUploadOrSession, heldByAnybody, type UploadRef } from "../change-upload.ts";
import { removeMadeSession } from "../remove-made-session.ts";
import { failUpload } from "../settle-upload.ts";
import { endUnfinished, findUnfinished, keptWords } from "./end-unfinished.ts";
import { finishReceiving } from "./receive-bytes.ts";

type Needs = Pick<Services, "database" | "blobs" | "bus" | "queue" | "log">;

const UPLOADS_PER_STEP = 100;
/** Whoever puts a whole upload into the line, and must read it all before, gives a sign of life more often. */
const FINISH_GRACE_MS = 4 * HASHING_SIGN_MS;

interface IdleUpload extends UploadRef {
  /** All bytes are there, and whoever received the last one died before it said so. */
  isWhole: boolean;
}

/**
 * Looks after uploads in pieces that no request is about to end: one that is whole goes into the line, one that got no
 * byte for a day fails and its bytes go with the sweeper, or goes with a session that was made for it and has nothing
 * else. Safe to run at any time, and by many at once.
 */
export async function settleIdleUploads(services: Needs): Promise<void> {
  const { log } = services;
  for (const { isWhole, ...upload } of await findIdleUploads(services)) {
    try {
      await (isWhole ? finishLate(services, upload) : giveUp(services, upload));
    } catch (error) {
      // The session was deleted meanwhile: so was the upload.
      if (toSafeError(error).code === "gone") continue;
      log.warn({ err: error, uploadId: upload.uploadId }, "idle upload not settled");
    }
  }
}

/** The longest silent first. A blob's lease begins anew with each of its bytes, and while it is read to be finished. */
async function findIdleUploads({ database: { sql } }: Needs): Promise<IdleUpload[]> {
  return sql<IdleUpload[]>`
    select * from (
      select u.id as "uploadId", u.session_id as "sessionId", u.generation,
        coalesce(b.bytes, 0) = coalesce(announced_bytes, -1) as "isWhole",
        now() - coalesce(
          b.lease_until - ${RESUMABLE_UPLOAD_IDLE_MS} * interval '1 millisecond', u.begun_at
        ) as silence
      from uploads u left join blobs b on b.id = u.blob_id
      where u.state = 'receiving' and u.way = 'resumable'
    ) as receiving
    where silence > interval '1 millisecond' *
      case when "isWhole" then ${FINISH_GRACE_MS}::int else ${RESUMABLE_UPLOAD_IDLE_MS}::int end
    order by silence desc
    limit ${UPLOADS_PER_STEP}`;
}

async function finishLate(services: Needs, upload: UploadRef): Promise<void> {
  if (!(await claimFinish(services, upload))) return;
  try {
    await finishReceiving(services, upload);
  } catch (error) {
    const safe = toSafeError(error);
    if (safe.code !== "not_found") throw error;
    await failUpload(services, heldByAnybody(upload), { error: safe });
  }
}

/** False when somebody else is about to finish it. Whatever becomes of it, others come first at the next look. */
async function claimFinish(
  { database: { sql } }: Needs,
  { uploadId }: UploadRef,
): Promise<boolean> {
  const [row] = await sql<{ isClaimed: boolean }[]>`
    with claimed as (
      update blobs b set lease_until = now() + ${RESUMABLE_UPLOAD_IDLE_MS} * interval '1 millisecond'
      from uploads u
      where u.id = ${uploadId} and b.id = u.blob_id and b.lease_until <
        now() + ${RESUMABLE_UPLOAD_IDLE_MS - FINISH_GRACE_MS} * interval '1 millisecond'
      returning b.id
    )
    select blob_id is null or exists (select from claimed) as "isClaimed"
    from uploads where id = ${uploadId}`;
  return row?.isClaimed === true;
}

async function giveUp(services: Needs, upload: UploadRef): Promise<void> {
  await changeUploadOrSession(services, upload, async (tx) => {
    const idle = await findUnfinished(tx, upload);
    if (idle === null || idle.ageMs < RESUMABLE_UPLOAD_IDLE_MS) return;
    // A byte that came just now has renewed the lease, and one that comes from here on waits.
    const alive = await tx`
      select 1 from blobs where id = ${idle.blobId} and lease_until >= now() for update`;
    if (alive.length > 0) return;
    if (!(await removeMadeSession(tx, upload))) {
      const message = `No byte came for 24 hours: send it again${idle.storedCount > 0 ? `; ${keptWords(idle)}` : ""}`;
      await endUnfinished(tx, idle, { code: "gone", message });
    }
    if (idle.blobId !== null) await markBlobsDeleted(tx, [idle.blobId]);
  });
}
