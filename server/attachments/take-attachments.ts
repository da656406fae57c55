import { AppError } from "#lib/errors.ts";
import { markBlobsDeleted } from "#server/blobs/delete-blobs.ts";
import type { Fragment, Sql, TransactionSql } from "#server/database/database.ts";

interface PromptFiles {
  sessionId: string;
  generation: number;
  messageId: string;
  teamId: string;
  attachmentIds: readonly string[];
}

/**
 * Has a prompt's files go with it, in the transaction that accepts it. Throws `not_found` when one of them is not the
 * team's, or was removed.
 */
export async function takeAttachments(
  tx: TransactionSql,
  { sessionId, generation, messageId, teamId, attachmentIds }: PromptFiles,
): Promise<void> {
  if (attachmentIds.length === 0) return;
  const ids = [...attachmentIds];
  const taken = await tx`
    update attachments set used_at = clock_timestamp()
    where id = any(${ids}::text[]) and team_id = ${teamId} returning 1`;
  if (taken.length < ids.length) throw missingAttachment();
  await tx`
    insert into prompt_attachments (session_id, generation, message_id, position, attachment_id)
    select ${sessionId}, ${generation}, ${messageId}, position - 1, id
    from unnest(${ids}::text[]) with ordinality as named(id, position)`;
}

/** `field` names what of the request is wrong. */
export const missingAttachment = () =>
  new AppError("not_found", "A file of this prompt is gone: attach it again", {
    details: { field: "attachments" },
  });

/** True for PostgreSQL's refusal of a prompt's file that was removed since it was looked for. */
export const isAttachmentGone = (error: unknown): boolean =>
  error instanceof Error &&
  "constraint_name" in error &&
  error.constraint_name === "prompt_attachments_attachment_id_attachments_id_fk";

/** Throws `not_found` unless all of them are the team's. They stay for a day from now on, unless somebody removes one. */
export async function requireAttachments(
  sql: Sql,
  { teamId, attachmentIds }: Pick<PromptFiles, "teamId" | "attachmentIds">,
): Promise<void> {
  if (attachmentIds.length === 0) return;
  const known = await sql`
    update attachments set used_at = clock_timestamp()
    where id = any(${[...attachmentIds]}::text[]) and team_id = ${teamId} returning 1`;
  if (known.length < attachmentIds.length) throw missingAttachment();
}

/** The files of a prompt in their order, as JSON: for a statement that knows `prompts`. */
export const promptFiles = (sql: Sql): Fragment => sql`(
  select coalesce(json_agg(json_build_object(
    'attachmentId', a.id, 'name', a.name, 'mime', a.mime, 'bytes', a.bytes
  ) order by p.position), '[]')
  from prompt_attachments p join attachments a on a.id = p.attachment_id
  where p.session_id = prompts.session_id and p.generation = prompts.generation
    and p.message_id = prompts.message_id
)`;

/** A prompt that is sent again has the same files. */
export async function copyAttachments(
  tx: TransactionSql,
  { sessionId, generation }: Pick<PromptFiles, "sessionId" | "generation">,
  { from, to }: { from: string; to: string },
): Promise<void> {
  await tx`
    insert into prompt_attachments (session_id, generation, message_id, position, attachment_id)
    select session_id, generation, ${to}, position, attachment_id from prompt_attachments
    where session_id = ${sessionId} and generation = ${generation} and message_id = ${from}`;
}

/** With a session go the files that only its prompts have. */
export async function releaseAttachments(tx: TransactionSql, sessionId: string): Promise<void> {
  const released = await tx<{ id: string }[]>`
    delete from prompt_attachments where session_id = ${sessionId}
    returning attachment_id as id`;
  if (released.length === 0) return;
  const ids = released.map(({ id }) => id);
  // Whoever takes one for another session this very moment is waited for, and then seen by the next statement.
  await tx`select 1 from attachments where id = any(${ids}::text[]) order by id for update`;
  const removed = await tx<{ blobId: string }[]>`
    delete from attachments a
    where id = any(${ids}::text[])
      and not exists (select from prompt_attachments where attachment_id = a.id)
    returning blob_id as "blobId"`;
  await markBlobsDeleted(
    tx,
    removed.map(({ blobId }) => blobId),
  );
}
