import type { Attachment } from "#lib/attachment.ts";
import { isAppError } from "#lib/errors.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import { placeAttachment, type Workbench } from "./place-attachment.ts";

interface RestoreOptions {
  ownership: Ownership;
  bench: Workbench;
  signal: AbortSignal;
  onOutput(text: string): void;
}

interface Ownership {
  sessionId: string;
  generation: number;
}

/** Of prompts that an agent was given. */
export async function findGivenAttachments(
  { database: { sql } }: Pick<BlobServices, "database">,
  { sessionId, generation }: Ownership,
): Promise<Attachment[]> {
  return sql<Attachment[]>`
    select distinct attachments.id as "attachmentId", name, mime, bytes::float8 as bytes
    from prompt_attachments
      join prompts using (session_id, generation, message_id)
      join attachments on attachments.id = attachment_id
    where session_id = ${sessionId} and generation = ${generation} and status <> 'accepted'`;
}

/**
 * Puts the files that came with earlier prompts to where they lay, pictures too: what an agent was told of it may read
 * again. One that is gone is told, and stops nothing. Safe to run again.
 */
export async function restoreAttachments(
  services: BlobServices,
  { ownership, bench, signal, onOutput }: RestoreOptions,
): Promise<void> {
  for (const attachment of await findGivenAttachments(services, ownership)) {
    await placeAttachment(services, { attachment, bench, signal }).catch((error: unknown) => {
      if (signal.aborted || !isAppError(error)) throw error;
      onOutput(`${error.message}; the session goes on without it\n`);
    });
  }
}
