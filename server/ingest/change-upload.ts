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

/** Runs in the transaction that has the upload locked. */
type Change<Result> = (tx: TransactionSql) => Promise<Result>;

/**
 * Runs `change` with the upload's row locked, then has its session's watchers told when all of it commits. Throws
 * `gone` when the upload went with its session.
 */
export const changeUpload = <Result>(
  services: NewsServices,
  upload: UploadRef,
  change: Change<Result>,
): Promise<Result> => changeLocked(services, { upload, hold: null, mayRemove: false }, change);

/** `changeUpload` for whoever may remove the session too. */
export const changeUploadOrSession = <Result>(
  services: NewsServices,
  upload: UploadRef,
  change: Change<Result>,
): Promise<Result> => changeLocked(services, { upload, hold: null, mayRemove: true }, change);

/** `changeUpload` for its holder; throws what `isTakenOver` knows when somebody else holds it by now. */
export const changeHeldUpload = <Result>(
  services: NewsServices,
  upload: HeldUpload,
  change: Change<Result>,
): Promise<Result> =>
  changeLocked(services, { upload, hold: upload.hold, mayRemove: false }, change);

/** `changeHeldUpload` for a holder who may remove the session too. */
export const changeHeldUploadOrSession = <Result>(
  services: NewsServices,
  upload: HeldUpload,
  change: Change<Result>,
): Promise<Result> =>
  changeLocked(services, { upload, hold: upload.hold, mayRemove: true }, change);

interface Lock {
  upload: UploadRef;
  /** Null for whoever need not prove anything. */
  hold: UploadHold | null;
  /** Whether the session may go too. */
  mayRemove: boolean;
}

async function changeLocked<Result>(
  services: NewsServices,
  lock: Lock,
  change: Change<Result>,
): Promise<Result> {
  return transact(services, async (tx) => {
    await lockUpload(tx, lock);
    const result = await change(tx);
    await announceUpload(tx, lock.upload);
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
  { upload: { uploadId, sessionId, generation }, hold, mayRemove }: Lock,
): Promise<void> {
  const sessions = await tx`
    select 1 from sessions
    where id = ${sessionId} and generation = ${generation} and deleted_at is null
    ${mayRemove ? tx`for update` : tx`for no key update`}`;
  const [row] = await tx<{ isMet: boolean }[]>`
    select ${hold ? isHeld(tx, hold) : tx`true`} as "isMet" from uploads where id = ${uploadId} for update`;
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
