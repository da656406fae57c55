import type { Attachment } from "#lib/attachment.ts";
import { isRecord } from "#lib/is-record.ts";
import { troubleOf } from "#components/upload/trouble.ts";
import { isAttachment } from "./draft-file.ts";

const ATTACHMENTS_PATH = "/api/v1/attachments";
const CREATED = 201;

interface SendAttachmentOptions {
  onProgress(sentBytes: number): void;
  signal: AbortSignal;
}

/** Sends a file; throws with words for people. One request: only `XMLHttpRequest` tells how much of it is on its way. */
export function sendAttachment(
  file: File,
  { onProgress, signal }: SendAttachmentOptions,
): Promise<Attachment> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${ATTACHMENTS_PATH}?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("content-type", file.type || "application/octet-stream");
    request.upload.addEventListener("progress", ({ loaded }) => onProgress(loaded));
    const fail = () => reject(new Error(troubleOf(request.status, request.responseText).message));
    request.addEventListener("error", fail);
    request.addEventListener("abort", fail);
    request.addEventListener("load", () => {
      const attachment = request.status === CREATED ? readAnswer(request.responseText) : null;
      if (attachment) resolve(attachment);
      else fail();
    });
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

function readAnswer(text: string): Attachment | null {
  try {
    const answer: unknown = JSON.parse(text);
    const attachment = isRecord(answer) ? answer["attachment"] : null;
    return isAttachment(attachment) ? attachment : null;
  } catch {
    return null;
  }
}

/** Nobody waits for it: what is not removed now is swept after a day. */
export function forgetAttachment(attachmentId: string): void {
  fetch(`${ATTACHMENTS_PATH}/${attachmentId}`, { method: "DELETE" }).catch(() => {});
}
