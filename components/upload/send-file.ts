import type { DetailedError, PreviousUpload, Upload } from "tus-js-client";
import { BLOB_SEGMENT_BYTES } from "#lib/limits.ts";
import type { UploadEncoding } from "#lib/upload.ts";
import { type Trouble, troubleOf } from "./trouble.ts";

export const UPLOADS_PATH = "/api/v1/uploads";

/** No byte went out and no answer came for so long: the connection is dead, whatever the browser believes. */
const STALLED_MS = 60_000;

export interface SendOptions {
  sessionId: string;
  encoding: UploadEncoding;
  /** Where an earlier page had begun with the same file. */
  previous: PreviousUpload | null;
  /**
   * Finds what an earlier request with it began, or finished. The first chunk then goes with the request: its answer
   * says what is there.
   */
  idempotencyKey?: string;
  onUploadId(uploadId: string): void;
  onProgress(sentBytes: number): void;
  onSent(): void;
  onTrouble(trouble: Trouble): void;
}

export interface Sending {
  /** Begins, or goes on where the server has come to. */
  start(): void;
  /** Keeps what has arrived. */
  pause(): Promise<void>;
  /** Ends it; what is readable already stays. */
  cancel(): Promise<void>;
}

/**
 * Sends a file through tus 1.0, in chunks of one segment of the blob store: what is acknowledged is durable, and a lost
 * connection costs one of them at most. Trying again is the caller's.
 */
export async function sendFile(file: File, options: SendOptions): Promise<Sending> {
  const tus = await import("tus-js-client");
  const { sessionId, encoding, previous, idempotencyKey } = options;
  const { onUploadId, onProgress, onSent, onTrouble } = options;
  const stalled = createStallWatch(() => {
    void upload.abort();
    onTrouble({ message: "Nothing has moved for a minute.", isPassing: true });
  });
  const upload: Upload = new tus.Upload(file, {
    endpoint: UPLOADS_PATH,
    chunkSize: BLOB_SEGMENT_BYTES,
    metadata: {
      sessionId,
      filename: file.name,
      filetype: file.type,
      encoding,
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    },
    uploadDataDuringCreation: idempotencyKey !== undefined,
    retryDelays: null,
    removeFingerprintOnSuccess: true,
    onUploadUrlAvailable: () => upload.url && onUploadId(uploadIdOf(upload.url)),
    onProgress(sentBytes) {
      stalled.moved();
      onProgress(sentBytes);
    },
    onSuccess() {
      stalled.stop();
      onSent();
    },
    onError(error) {
      stalled.stop();
      onTrouble(readTrouble(error));
    },
  });
  if (previous) upload.resumeFromPreviousUpload(previous);
  return {
    start() {
      stalled.moved();
      upload.start();
    },
    async pause() {
      stalled.stop();
      await upload.abort();
    },
    async cancel() {
      stalled.stop();
      await upload.abort(true);
    },
  };
}

export const uploadIdOf = (url: string) =>
  new URL(url, location.href).pathname.split("/").at(-1) ?? "";

function createStallWatch(onStalled: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => clearTimeout(timer);
  return {
    stop,
    moved() {
      stop();
      timer = setTimeout(onStalled, STALLED_MS);
    },
  };
}

function readTrouble(error: Error | DetailedError): Trouble {
  const response = "originalResponse" in error ? error.originalResponse : null;
  return troubleOf(response?.getStatus() ?? 0, response?.getBody() ?? "");
}
