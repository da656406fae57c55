import { AppError } from "#lib/errors.ts";
import { CANCELLED } from "#lib/upload.ts";
import type { SessionAccess } from "#server/accounts/policy.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { releaseAttachments } from "#server/attachments/take-attachments.ts";
import { deleteCheckpoints } from "#server/checkpoints/delete-checkpoints.ts";
import { deleteItems } from "#server/items/delete-items.ts";
import { deleteOutputs } from "#server/outputs/release-outputs.ts";
import { announce, transact } from "#server/live/transact.ts";
import { forgetSearchTexts } from "#server/search/forget-search-texts.ts";
import type { Services } from "#server/services.ts";
import { forgetFindings } from "#server/shares/redaction/forget-findings.ts";
import { enqueueRun } from "./enqueue-run.ts";

type Needs = Pick<Services, "database" | "bus" | "queue">;

/**
 * Removes a session without items, as if it had never been started. A `conflict` once it has any, or an upload
 * that nobody cancelled: the row is locked from the check to the removal, so nothing that arrives meanwhile is lost.
 */
export async function discardSession(services: Needs, access: SessionAccess): Promise<void> {
  const { sessionId, generation, teamId } = access;
  await transact(services, async (tx) => {
    // Before the row goes: the job finds the folder's host through it, and removes the folder.
    await enqueueRun(tx, services.queue, access);
    // A statement of its own: a delete that waits for this lock would look for items as they were before it waited.
    await tx`select 1 from sessions where id = ${sessionId} for update`;
    const discarded = await tx`
      delete from sessions
      where id = ${sessionId} and generation = ${generation} and not exists (
        select 1 from items
        where items.session_id = ${sessionId} and items.generation = ${generation}
      ) and not exists (
        select 1 from uploads
        where uploads.session_id = ${sessionId} and uploads.generation = ${generation}
          and error_code is distinct from ${CANCELLED}
      )
      returning 1`;
    if (discarded.length === 0) {
      throw new AppError("conflict", "The session has a transcript: delete it instead", {
        details: { sessionId },
      });
    }
    await forgetSearchTexts(tx, sessionId);
    announce(tx, { kind: "state", sessionId, teamId });
  });
}

/**
 * Deletes a session with everything in it and leaves a tombstone, an id and nothing else of it (and the ids of its
 * uploads): work of its generation is refused from now on. Rows go here, bytes and the folder after the commit. Safe to run again:
 * false when there was nothing to delete (any more), or it has not been in the trash for `trashedDays`.
 */
export async function deleteSession(
  services: Needs,
  access: SessionAccess,
  { trashedDays }: { trashedDays?: number } = {},
): Promise<boolean> {
  const { sessionId, generation, teamId } = access;
  return transact(services, async (tx) => {
    const isDue =
      trashedDays === undefined
        ? tx`true`
        : tx`trashed_at < now() - ${trashedDays} * interval '1 day'`;
    const buried = await tx`
      update sessions
      set deleted_at = now(), revision = revision + 1, title = '', repository = '',
        requested_branch = null, base_branch = null, work_branch = null, status_message = null,
        agent_session_id = null, model = null, parent_id = null, git_origin = null,
        git_branch = null, setup_commands = '[]', environment = '{}',
        sealed_environment = null, environment_key_id = null, profile_id = null,
        profile_name = null, proposal_hash = null, pinned_at = null,
        archived_at = null, trashed_at = null
      where id = ${sessionId} and generation = ${generation} and deleted_at is null and ${isDue}
      returning 1`;
    if (buried.length === 0) return false;
    await enqueueRun(tx, services.queue, access);
    await removeRows(tx, sessionId);
    announce(tx, { kind: "state", sessionId, teamId });
    return true;
  });
}

async function removeRows(tx: TransactionSql, sessionId: string): Promise<void> {
  // Before their prompts.
  await releaseAttachments(tx, sessionId);
  await Promise.all([
    // Before their blobs, as whoever lets go of received bytes does.
    tx`
      with removed as (delete from uploads where session_id = ${sessionId} returning id, session_id)
      insert into deleted_uploads (id, session_id) select id, session_id from removed`,
    // Before their blobs are marked.
    deleteOutputs(tx, sessionId),
    deleteCheckpoints(tx, sessionId),
    deleteItems(tx, sessionId),
    forgetSearchTexts(tx, sessionId),
    forgetFindings(tx, sessionId),
    // What a line of a batch asked for, and is kept only to be tried again.
    tx`update batch_items set body = null where session_id = ${sessionId} and body is not null`,
    tx`delete from session_reads where session_id = ${sessionId}`,
    tx`delete from prompts where session_id = ${sessionId}`,
    tx`delete from preparations where session_id = ${sessionId}`,
    tx`delete from permission_requests where session_id = ${sessionId}`,
    tx`delete from permission_rules where session_id = ${sessionId}`,
    tx`delete from agent_settings where session_id = ${sessionId}`,
    tx`delete from branch_pushes where session_id = ${sessionId}`,
    tx`delete from executions where session_id = ${sessionId}`,
  ]);
}
