import type { Attachment } from "#lib/attachment.ts";
import { createPartId } from "#lib/ids.ts";
import { ATTACHMENT_EMBEDDED_MAX_BYTES } from "#lib/limits.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import type { ItemInput } from "#server/items/item-input.ts";
import { readAttachment } from "./open-attachment.ts";

interface AttachmentItemsOptions {
  sessionId: string;
  messageId: string;
  attachments: readonly Attachment[];
}

/**
 * The files of a prompt as parts of its message, in the form that agents import: with their bytes in it, but for those
 * above the limit, which are named only. Every call of what it answers reads the same parts anew, for a write that is
 * tried again. Holds one file at a time.
 */
export function attachmentItems(
  services: BlobServices,
  { sessionId, messageId, attachments }: AttachmentItemsOptions,
): () => AsyncGenerator<ItemInput> {
  const files = attachments.map((attachment) => ({ attachment, partId: createPartId() }));
  return () => readItems(services, { sessionId, messageId, files });
}

interface ReadOptions {
  sessionId: string;
  messageId: string;
  files: readonly { attachment: Attachment; partId: string }[];
}

async function* readItems(
  services: BlobServices,
  { sessionId, messageId, files }: ReadOptions,
): AsyncGenerator<ItemInput> {
  for (const { attachment, partId } of files) {
    const { mime, name, bytes, attachmentId } = attachment;
    const part = {
      id: partId,
      messageID: messageId,
      sessionID: sessionId,
      type: "file",
      mime,
      filename: name,
      // Dropped by agents that import it.
      metadata: { attachment: { id: attachmentId, bytes } },
      url: "",
    };
    const isEmbedded = bytes <= ATTACHMENT_EMBEDDED_MAX_BYTES;
    const body = isEmbedded
      ? withUrl(part, mime, await readAttachment(services, attachment))
      : JSON.stringify(part);
    yield { type: "part", messageId, partId, body };
  }
}

/** Put together as bytes: a string of all of it would be copied again. `url` is its last member, and empty. */
function withUrl(part: object, mime: string, bytes: Buffer): Buffer {
  const text = JSON.stringify(part);
  const end = text.length - '"}'.length;
  return Buffer.concat([
    Buffer.from(`${text.slice(0, end)}data:${mime};base64,`),
    Buffer.from(bytes.toString("base64"), "latin1"),
    Buffer.from(text.slice(end)),
  ]);
}
