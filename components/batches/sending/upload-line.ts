import { SESSION_HEAD_BYTES } from "#lib/brought-session.ts";
import { isRecord } from "#lib/is-record.ts";
import { parseCutJson } from "#lib/parse-cut-json.ts";
import { lookAtFile } from "#components/upload/look-at-file.ts";
import { makeSession } from "#components/upload/make-session.ts";
import { sendFile } from "#components/upload/send-file.ts";
import type { Trouble } from "#components/upload/trouble.ts";
import { findPrevious } from "#components/upload/unfinished-uploads.ts";
import type { SourceLine } from "./source-line.ts";

interface UploadOptions {
  batchId: string;
  signal: AbortSignal;
  /** Of the line, so far. */
  onBytes(sentBytes: number): void;
}

/**
 * Sends a line as an upload of its own, into the session that the batch would have chosen for it. Goes on where an
 * earlier page had come to; one that is there already is found by its key, and not sent again. Resolves with the upload
 * when all of it is durable, with trouble that may pass when the signal is aborted.
 */
export async function uploadLine(
  line: SourceLine,
  { batchId, signal, onBytes }: UploadOptions,
): Promise<{ uploadId: string } | Trouble> {
  const file = fileOf(line);
  const look = await lookAtFile(file);
  if ("problem" in look) return { message: look.problem, isPassing: false };
  const previous = await findPrevious(file);
  const ownName = { source: "batch", externalId: `${batchId}/${line.index}` };
  const name = { ...(look.brought ?? ownName), ...(await readSaid(file)) };
  const begun = previous?.metadata["sessionId"];
  const made = begun === undefined ? await makeSession(name, line.name) : { sessionId: begun };
  if ("isPassing" in made) return made;
  let uploadId = "";
  return new Promise((resolve, reject) => {
    sendFile(file, {
      sessionId: made.sessionId,
      encoding: look.encoding,
      previous,
      idempotencyKey: `${batchId}/${line.index}/${file.size}-${file.lastModified}`,
      onUploadId: (known) => (uploadId = known),
      onProgress: onBytes,
      onSent: () => resolve({ uploadId }),
      onTrouble: resolve,
    }).then((sending) => {
      const stop = () => {
        void sending.pause();
        resolve({ message: "Stopped.", isPassing: true });
      };
      if (signal.aborted) return stop();
      signal.addEventListener("abort", stop);
      sending.start();
    }, reject);
  });
}

/** A browser knows a file again by its name, size and time of change. */
function fileOf({ file, start, end, name, index }: SourceLine): File {
  if (file instanceof File && start === 0 && end === file.size) return file;
  const lastModified = file instanceof File ? file.lastModified : 0;
  return new File([file.slice(start, end)], `${name} (${index})`, { lastModified });
}

/** What a line says of its session beside what is in it. */
async function readSaid(file: File): Promise<object> {
  const head = await file.slice(0, SESSION_HEAD_BYTES).text();
  const session = head.startsWith("{") ? parseCutJson(head)?.["session"] : null;
  return isRecord(session) ? session : {};
}
