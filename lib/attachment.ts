/** A file for prompts, as it was sent. */
export interface Attachment {
  attachmentId: string;
  /** Never a path. */
  name: string;
  mime: string;
  bytes: number;
}

/** Kinds that agents and pages take as pictures; a file has one only where its bytes say so. */
const pictureMimes: ReadonlySet<string> = new Set([
  "image/png",
  "image/gif",
  "image/jpeg",
  "image/webp",
  "image/avif",
]);

export const isPictureMime = (mime: string): boolean => pictureMimes.has(mime);

/** Where its bytes are read. */
export const attachmentAddress = (attachmentId: string): string =>
  `/api/v1/attachments/${attachmentId}`;
