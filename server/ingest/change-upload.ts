import { AppError, isAppError } from "#lib/errors.ts";
import type { Fragment, TransactionSql } from "#server/database/database.ts";
import { announce, type NewsServices, transact } from "#server/live/transact.ts";

/** Who looks after an upload: proof for every change, so that a request or worker that was given up changes nothing. */
export type UploadHold =
  /** The request that receives it; null for any, where bytes come in pieces. */
  | { state: "receiving"; receipt: number | null }
  /** The attempt that works on it. */
  | { state: "running"; processId: string; attempt: number };

/** An upload, for those who need not prove anything. */
export interface UploadRef {
  uploadId: string;
  sessionId: string;
  generation: number;
}

/** An upload as long as it is under way. */
export interface HeldUpload extends UploadRef {
  hold: UploadHold;
}

/** An upload that comes in pieces: whoever brings one may act for it until all are there. */
export const heldByAnybody = (upload: UploadRef): HeldUpload => ({
  ...upload,
  hold: { state: "receiving", receipt: null },
});

/**
 * Runs `change` with the upload's row locked, then has its session's watchers told when all of it commits. Throws
 * `gone` when the upload went with its session.
 */
export async function changeUpload<Result>(
  services: NewsServices,
  upload: UploadRef,
  change: (tx: TransactionSql) => Promise<Result>,
): Promise<Result> {
  return transact(services, async (tx) => {
    await lockUpload(tx, upload, { condition: tx`true`, lock: tx`for no key update` });
    const result = await change(tx);
    await announceUpload(tx, upload);
    return result;
  });
}

/** `changeUpload` for whoever may remove the session too. */
export async function changeUploadOrSession(
  services: NewsServices,
  upload: UploadRef,
  change: (tx: TransactionSql) => Promise<void>,
): Promise<void> {
  await transact(services, async (tx) => {
    await lockUpload(tx, upload, { condition: tx`true`, lock: tx`for update` });
    await change(tx);
    await announceUpload(tx, upload);
  });
}

/** `changeUpload` for its holder; throws what `isTakenOver` knows when somebody else holds it by now. */
export async function changeHeldUpload<Result>(
  services: NewsServices,
  upload: HeldUpload,
  change: (tx: TransactionSql) => Promise<Result>,
): Promise<Result> {
  return transact(services, async (tx) => {
    const condition = isHeld(tx, upload.hold);
    await lockUpload(tx, upload, { condition, lock: tx`for no key update` });
    const result = await change(tx);
    await announceUpload(tx, upload);
    return result;
  });
}

function isHeld(tx: TransactionSql, hold: UploadHold): Fragment {
  if (hold.state === "running") {
    const { processId, attempt } = hold;
    return tx`state = 'running' and process_id = ${processId} and attempt = ${attempt}`;
  }
  return tx`state = 'receiving' and receipt = coalesce(${hold.receipt}, receipt)`;
}

/** The session first, as whoever deletes it does. */
async function lockUpload(
  tx: TransactionSql,
  { uploadId, sessionId, generation }: UploadRef,
  { condition, lock }: { condition: Fragment; lock: Fragment },
): Promise<void> {
  const sessions = await tx`
    select 1 from sessions
    where id = ${sessionId} and generation = ${generation} and deleted_at is null
    ${lock}`;
  const [row] = await tx<{ isMet: boolean }[]>`
    select ${condition} as "isMet" from uploads where id = ${uploadId} for update`;
  if (sessions.length === 0 || !row) {
    throw new AppError("gone", "The session was deleted", { details: { sessionId, uploadId } });
  }
  if (!row.isMet) {
    throw new AppError("unavailable", "The upload was given up meanwhile; send it again", {
      details: { uploadId, reason: TAKEN_OVER },
    });
  }
}

const TAKEN_OVER = "taken_over";

/** Whoever gets this has nothing more to say about the upload. */
export const isTakenOver = (error: unknown) =>
  isAppError(error) && error.details["reason"] === TAKEN_OVER;

/** Pages show the uploads of a session as part of its state. */
export async function announceUpload(tx: TransactionSql, { sessionId }: UploadRef): Promise<void> {
  const [session] = await tx<{ teamId: string }[]>`
    update sessions set revision = revision + 1 where id = ${sessionId} returning team_id as "teamId"`;
  if (session) announce(tx, { kind: "state", sessionId, teamId: session.teamId });
}
