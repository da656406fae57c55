import type { Attachment } from "#lib/attachment.ts";
import { isAppError } from "#lib/errors.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import { placeAttachment, type Workbench } from "./place-attachment.ts";

interface RestoreOptions {
  ownership: { sessionId: string; generation: number };
  bench: Workbench;
  signal: AbortSignal;
  onOutput(text: string): void;
}

/**
 * Puts the files that came with earlier prompts to where they lay, pictures too: what an agent was told of it may read
 * again. One that is gone is told, and stops nothing. Safe to run again.
 */
export async function restoreAttachments(
  services: BlobServices,
  { ownership: { sessionId, generation }, bench, signal, onOutput }: RestoreOptions,
): Promise<void> {
  const attachments = await services.database.sql<Attachment[]>`
    select distinct attachments.id as "attachmentId", name, mime, bytes::float8 as bytes
    from prompt_attachments
      join prompts using (session_id, generation, message_id)
      join attachments on attachments.id = attachment_id
    where session_id = ${sessionId} and generation = ${generation} and status <> 'accepted'`;
  for (const attachment of attachments) {
    await placeAttachment(services, { attachment, bench, signal }).catch((error: unknown) => {
      if (signal.aborted || !isAppError(error)) throw error;
      onOutput(`${error.message}; the session goes on without it\n`);
    });
  }
}
