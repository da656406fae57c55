import type { PreviousUpload } from "tus-js-client";
import { isSessionId } from "#lib/ids.ts";
import { UPLOADS_PATH, uploadIdOf } from "./send-file.ts";

/** An upload that an earlier page began and whose file this page does not have. */
export interface UnfinishedUpload {
  uploadId: string;
  sessionId: string;
  name: string;
  bytes: number;
  /** What the server has of it; null when it did not say. */
  arrivedBytes: number | null;
  previous: PreviousUpload;
}

/** What this browser remembers, with how far the server is. What is gone there is forgotten here. */
export async function findUnfinishedUploads(): Promise<UnfinishedUpload[]> {
  const { defaultOptions } = await import("tus-js-client");
  const all = await defaultOptions.urlStorage.findAllUploads();
  const found = await Promise.all(all.map(readUnfinished));
  return found.filter((upload) => upload !== null);
}

/** What this browser remembers of exactly this file: same name, size and time of change. */
export async function findPrevious(file: File): Promise<PreviousUpload | null> {
  const { defaultOptions } = await import("tus-js-client");
  const fingerprint = await defaultOptions.fingerprint(file, { endpoint: UPLOADS_PATH });
  const found = await defaultOptions.urlStorage.findUploadsByFingerprint(fingerprint);
  const usable = found.filter(({ metadata }) => isSessionId(metadata["sessionId"] ?? ""));
  return usable.toSorted((a, b) => (a.creationTime < b.creationTime ? 1 : -1))[0] ?? null;
}

/** Has the server end it, which keeps what is readable already, and this browser forget it. */
export async function forgetUpload({ previous }: UnfinishedUpload): Promise<void> {
  const { Upload, defaultOptions } = await import("tus-js-client");
  if (previous.uploadUrl !== null) await Upload.terminate(previous.uploadUrl);
  await defaultOptions.urlStorage.removeUpload(previous.urlStorageKey);
}

async function readUnfinished(previous: PreviousUpload): Promise<UnfinishedUpload | null> {
  const { uploadUrl, metadata, size } = previous;
  const sessionId = metadata["sessionId"] ?? "";
  if (uploadUrl === null || size === null || !isSessionId(sessionId)) return null;
  const upload: UnfinishedUpload = {
    uploadId: uploadIdOf(uploadUrl),
    sessionId,
    name: metadata["filename"] ?? "",
    bytes: size,
    arrivedBytes: null,
    previous,
  };
  const arrived = await readOffset(uploadUrl);
  // Complete, though the page was left before it could note that.
  if (arrived !== "gone" && arrived !== size) return { ...upload, arrivedBytes: arrived };
  const { defaultOptions } = await import("tus-js-client");
  await defaultOptions.urlStorage.removeUpload(previous.urlStorageKey);
  return null;
}

async function readOffset(uploadUrl: string): Promise<number | null | "gone"> {
  const request = { method: "HEAD", headers: { "tus-resumable": "1.0.0" } };
  const response = await fetch(uploadUrl, request).catch(() => null);
  if (response?.status === 404 || response?.status === 410) return "gone";
  const offset = Number(response?.headers.get("upload-offset") ?? Number.NaN);
  return Number.isSafeInteger(offset) ? offset : null;
}
