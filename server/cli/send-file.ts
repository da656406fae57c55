import { createReadStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { DetailedError, FileUrlStorage, Upload as TusUpload } from "tus-js-client";
import { readProblem } from "#lib/problem.ts";
import type { UploadEncoding } from "#lib/upload.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";
import { isRetried } from "./retry-request.ts";
import type { ServerAddress } from "./server-client.ts";

/** One request brings so much: a proxy in between may cut longer ones. */
const CHUNK_BYTES = 512 * 1024 * 1024;
const RETRY_DELAYS_MS = [1_000, 3_000, 8_000, 15_000, 30_000];

export interface FileToSend {
  path: string;
  bytes: number;
  encoding: UploadEncoding;
  /** Changes when the file does: what was sent of another content is no beginning of this one. */
  fingerprint: string;
}

export interface SendOptions {
  address: ServerAddress;
  /** Folder that remembers how far a file came. */
  statePath: string;
  /** Makes the session when no earlier command sent a part of this file. */
  sessionFor(): Promise<string>;
  onSession(sessionId: string): void;
  /** The first call tells where sending begins. */
  onProgress(sentBytes: number, totalBytes: number): void;
}

/**
 * Sends a file in requests that may each break (tus 1.0), from where an earlier command stopped. Answers the upload's
 * id once the server has all of it. Throws `CommandError`; `unavailable` when the same command may go on later.
 */
export async function sendFile(file: FileToSend, options: SendOptions): Promise<string> {
  await mkdir(options.statePath, { recursive: true, mode: 0o700 });
  const urlStorage = new FileUrlStorage(join(options.statePath, "uploads.json"));
  const earlier = (await urlStorage.findUploadsByFingerprint(file.fingerprint)).at(-1);
  const sessionId = earlier?.metadata["sessionId"] ?? (await options.sessionFor());
  options.onSession(sessionId);
  return new Promise((resolve, reject) => {
    const upload = new TusUpload(createReadStream(file.path), {
      endpoint: new URL("/api/v1/uploads", options.address.url).href,
      headers: { authorization: `Bearer ${options.address.token}` },
      metadata: { sessionId, filename: basename(file.path), encoding: file.encoding },
      uploadSize: file.bytes,
      chunkSize: CHUNK_BYTES,
      retryDelays: RETRY_DELAYS_MS,
      urlStorage,
      fingerprint: () => Promise.resolve(file.fingerprint),
      removeFingerprintOnSuccess: true,
      onProgress: (sent) => options.onProgress(sent, file.bytes),
      onError: (error) => reject(explain(error, options.address)),
      onSuccess: () => resolve(upload.url?.split("/").at(-1) ?? ""),
    });
    if (earlier) upload.resumeFromPreviousUpload(earlier);
    upload.start();
  });
}

/** The server answers with problem details; without an answer, the connection is what failed. */
function explain(error: Error | DetailedError, { url }: ServerAddress): CommandError {
  const response = error instanceof DetailedError ? error.originalResponse : null;
  if (!response) {
    const reason = "the connection failed; the same command goes on where it stopped";
    return new CommandError(exitCodes.unavailable, `${url}: ${reason}`, { cause: error });
  }
  const status = response.getStatus();
  const body = response.getBody();
  const words = readProblem(body) ?? (body.trim() || `${url} answered ${status}`);
  return new CommandError(isRetried(status) ? exitCodes.unavailable : exitCodes.failed, words);
}
