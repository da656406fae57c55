import type { WorkspaceChanges } from "#lib/changes/workspace-changes.ts";
import { AppError } from "#lib/errors.ts";
import { type OpenedBlob, openBlob } from "#server/blobs/open-blob.ts";
import type { Services } from "#server/services.ts";

interface SessionKey {
  sessionId: string;
  generation: number;
}

/** Null until the first turn of a session with a workspace has ended. */
export async function findChanges(
  { database: { sql } }: Pick<Services, "database">,
  { sessionId, generation }: SessionKey,
): Promise<WorkspaceChanges | null> {
  const [row] = await sql<WorkspaceChanges[]>`
    select file_count as "fileCount", additions, deletions, bytes::float8 as bytes,
      blob_id is not null as "hasPatch", message,
      to_char(measured_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "measuredAt",
      (
        select message from checkpoints
        where checkpoints.session_id = workspace_changes.session_id
          and checkpoints.generation = workspace_changes.generation
          and state = 'failed' and message is not null
        order by sequence desc limit 1
      ) as "keptMessage"
    from workspace_changes
    where session_id = ${sessionId} and generation = ${generation}`;
  return row ?? null;
}

/** The patch as git writes it. Throws `not_found` when nothing has changed, or nothing is known yet. */
export async function openChanges(
  services: Pick<Services, "database" | "blobs">,
  { sessionId, generation }: SessionKey,
): Promise<OpenedBlob> {
  const [row] = await services.database.sql<{ blobId: string | null }[]>`
    select blob_id as "blobId" from workspace_changes
    where session_id = ${sessionId} and generation = ${generation}`;
  if (!row?.blobId) throw new AppError("not_found", "There is no patch of this session's changes");
  return openBlob(services, row.blobId);
}
