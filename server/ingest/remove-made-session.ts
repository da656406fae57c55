import { CANCELLED } from "#lib/upload.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { announce } from "#server/live/transact.ts";
import type { UploadRef } from "./change-upload.ts";

/**
 * Removes a session that an upload made and of which nothing came: as if nobody had ever begun. Its upload goes with it,
 * and so do others that were cancelled. False, and nothing is changed, where anything else is in the session, it is
 * shared, or somebody made it on purpose. The caller holds the session's row `for update`, from a statement before: a
 * delete that waits for it looks for items as they were before it waited.
 */
export async function removeMadeSession(
  tx: TransactionSql,
  { uploadId, sessionId, generation }: UploadRef,
): Promise<boolean> {
  const [removed] = await tx<{ teamId: string }[]>`
    delete from sessions
    where id = ${sessionId} and generation = ${generation}
      and exists (select from uploads where id = ${uploadId} and made_session)
      and not exists (select from items where session_id = ${sessionId})
      and not exists (select from prompts where session_id = ${sessionId})
      and not exists (select from outputs where session_id = ${sessionId})
      and not exists (select from shares where session_id = ${sessionId})
      and not exists (select from uploads where session_id = ${sessionId} and id <> ${uploadId}
          and error_code is distinct from ${CANCELLED})
    returning team_id as "teamId"`;
  if (removed) announce(tx, { kind: "state", sessionId, teamId: removed.teamId });
  return removed !== undefined;
}
