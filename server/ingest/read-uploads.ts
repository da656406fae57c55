import { AppError } from "#lib/errors.ts";
import { isUploadId } from "#lib/ids.ts";
import { CANCELLED, type Upload } from "#lib/upload.ts";
import { requireScopeFor, requireTeamAction, type SessionAccess } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Database } from "#server/database/database.ts";
import { uploadColumns, type UploadRow } from "./upload-row.ts";

const unknownUpload = () =>
  new AppError("not_found", "There is no such upload", { details: { field: "uploadId" } });

const goneUpload = (details: { uploadId: string; sessionId: string }) =>
  new AppError("gone", "The session of this upload was deleted", { details });

/** One upload, whoever asks. Throws `not_found`. */
export async function readUpload({ sql }: Database, uploadId: string): Promise<Upload> {
  const [upload] = await sql<UploadRow[]>`
    select ${uploadColumns(sql)} from uploads where id = ${uploadId}`;
  if (!upload) throw unknownUpload();
  return upload;
}

/**
 * The session of an upload: `forbidden` for a token without the scope, whatever the id; `not_found` for unknown ids and
 * other teams', `gone` when it went with its session. Knowing how an upload does is part of sending it (`ingest`), its
 * bytes are for readers.
 */
export async function requireUpload(
  { sql }: Database,
  viewer: Viewer,
  { uploadId, action }: { uploadId: string; action: "ingest" | "read" },
): Promise<SessionAccess> {
  requireScopeFor(viewer, action);
  // One statement: an upload that goes this very moment is found on one side or the other.
  const [found] = isUploadId(uploadId)
    ? await sql<(SessionAccess & { isGone: boolean })[]>`
        select sessions.id as "sessionId", sessions.generation, team_id as "teamId", "isGone"
        from (
          select session_id, generation, false as "isGone" from uploads where id = ${uploadId}
          union all
          select session_id, null, true from deleted_uploads where id = ${uploadId}
        ) as upload
        join sessions on sessions.id = session_id
        where team_id = ${viewer.teamId}
          and ("isGone" or (upload.generation = sessions.generation and deleted_at is null))`
    : [];
  if (!found) throw unknownUpload();
  const { isGone, ...access } = found;
  requireTeamAction(viewer, { teamId: access.teamId, action });
  if (isGone) throw goneUpload({ uploadId, sessionId: access.sessionId });
  return access;
}

interface UploadPage {
  /** At most. */
  limit: number;
  /** Only those that were accepted before this one. */
  before?: string | undefined;
}

/** Uploads of one session, newest first. */
export async function listUploads(
  { sql }: Database,
  { sessionId, generation }: SessionAccess,
  { limit, before }: UploadPage,
): Promise<Upload[]> {
  return sql<UploadRow[]>`
    select ${uploadColumns(sql)} from uploads
    where session_id = ${sessionId} and generation = ${generation}
      and (${before ?? null}::text is null or id < ${before ?? null})
    order by id desc limit ${limit}`;
}

/** An upload that failed, with what its session is called. */
export interface DeadLetter extends Upload {
  sessionTitle: string;
}

/**
 * The team's uploads that failed for good, newest first. What somebody cancelled did not fail, and what was refused in
 * the answer to its own request was told to whoever sent it: nothing waits for replay.
 */
export async function listDeadLetters(
  { sql }: Database,
  viewer: Viewer,
  { limit, before }: UploadPage,
): Promise<DeadLetter[]> {
  requireTeamAction(viewer, { teamId: viewer.teamId, action: "read" });
  return sql<DeadLetter[]>`
    select upload.*, sessions.title as "sessionTitle"
    from (
      select generation, ${uploadColumns(sql)} from uploads
      where state = 'failed' and error_code <> ${CANCELLED}
        and (way <> 'direct' or blob_id is not null or error_code in ('unavailable', 'internal'))
    ) as upload
    join sessions on sessions.id = upload."sessionId"
    where team_id = ${viewer.teamId} and sessions.generation = upload.generation
      and (${before ?? null}::text is null or upload."uploadId" < ${before ?? null})
    order by upload."uploadId" desc limit ${limit}`;
}
