import { AppError } from "#lib/errors.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { announce, type NewsServices, transact } from "#server/live/transact.ts";

/** An upload as long as it is under way. */
export interface UploadRef {
  uploadId: string;
  sessionId: string;
  generation: number;
}

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
    await lockUpload(tx, upload);
    const result = await change(tx);
    await announceUpload(tx, upload);
    return result;
  });
}

/** The session first: deleting it locks its row before it removes its uploads. */
async function lockUpload(tx: TransactionSql, upload: UploadRef): Promise<void> {
  const { uploadId, sessionId, generation } = upload;
  const sessions = await tx`
    select 1 from sessions
    where id = ${sessionId} and generation = ${generation} and deleted_at is null
    for no key update`;
  const uploads = await tx`select 1 from uploads where id = ${uploadId} for update`;
  if (sessions.length === 0 || uploads.length === 0) {
    throw new AppError("gone", "The session was deleted", { details: { sessionId, uploadId } });
  }
}

/** Pages show the uploads of a session as part of its state. The session's row is locked by the caller. */
export async function announceUpload(tx: TransactionSql, { sessionId }: UploadRef): Promise<void> {
  const [session] = await tx<{ teamId: string }[]>`
    update sessions set revision = revision + 1 where id = ${sessionId} returning team_id as "teamId"`;
  if (session) announce(tx, { kind: "state", sessionId, teamId: session.teamId });
}
