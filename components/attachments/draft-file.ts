import type { Attachment } from "#lib/attachment.ts";
import { isRecord } from "#lib/is-record.ts";
import { ATTACHMENT_MAX_BYTES, ATTACHMENTS_MAX } from "#lib/limits.ts";
import { formatBytes } from "#components/format/format-bytes.ts";

/** A file beside a prompt that is being typed. */
export interface DraftFile {
  /** Its own on this page. */
  key: string;
  name: string;
  bytes: number;
  /** What to send; null for one that was sent before the page was loaded. */
  file: File | null;
  sentBytes: number;
  /** Once all of it is stored. */
  attachment: Attachment | null;
  /** Why it could not be sent; null when nothing is wrong. */
  problem: string | null;
}

/** What can be said of a file without sending it; null when nothing is wrong. */
export function checkDraftFile({ size }: Pick<File, "size">): string | null {
  if (size === 0) return "This file is empty.";
  if (size > ATTACHMENT_MAX_BYTES)
    return `${formatBytes(size)} are too much: ${formatBytes(ATTACHMENT_MAX_BYTES)} may be sent.`;
  return null;
}

/** The files that still have a place beside `count` others. */
export const filesWithPlace = (files: readonly File[], count: number): readonly File[] =>
  files.slice(0, Math.max(0, ATTACHMENTS_MAX - count));

export const isSending = ({ attachment, problem }: DraftFile) =>
  attachment === null && problem === null;

/** It failed, for a reason that may pass. */
export const canSendAgain = ({ file, problem }: DraftFile) =>
  problem !== null && file !== null && checkDraftFile(file) === null;

/** Why a prompt with these files does not go yet, and what helps; null when it may go. */
export function describeHold(files: readonly DraftFile[]): string | null {
  const failed = files.filter(({ problem }) => problem !== null);
  if (failed.some(canSendAgain))
    return "Held up by a file that was not sent: send it again, or remove it.";
  if (failed.length > 0) return "Held up by a file that was not sent: remove it.";
  return files.some(isSending) ? "Goes when its files are there." : null;
}

/** Text for the tab's store, of what was sent; null for nothing. */
export function storeFiles(files: readonly DraftFile[]): string | null {
  const sent = files.flatMap(({ attachment }) => (attachment ? [attachment] : []));
  return sent.length === 0 ? null : JSON.stringify(sent);
}

/** Reads what `storeFiles` wrote; nothing for anything else. */
export function restoreFiles(stored: string | null): readonly DraftFile[] {
  if (stored === null) return [];
  let value: unknown;
  try {
    value = JSON.parse(stored);
  } catch {
    return [];
  }
  return (Array.isArray(value) ? value : []).filter(isAttachment).map((attachment) => ({
    key: attachment.attachmentId,
    name: attachment.name,
    bytes: attachment.bytes,
    file: null,
    sentBytes: attachment.bytes,
    attachment,
    problem: null,
  }));
}

export function isAttachment(value: unknown): value is Attachment {
  return (
    isRecord(value) &&
    typeof value["attachmentId"] === "string" &&
    typeof value["name"] === "string" &&
    typeof value["mime"] === "string" &&
    typeof value["bytes"] === "number"
  );
}
