import type { ProgressEvent } from "#lib/live-protocol.ts";
import type { Upload } from "#lib/upload.ts";

/** An upload with what its latest progress event adds. */
export interface ShownUpload extends Upload {
  /** Decoded, since this attempt began; null when nothing has told. */
  bytesPerSecond: number | null;
}

/**
 * Progress that belongs to an earlier attempt, or to an upload that does not move, says nothing. While an upload still
 * arrives, it tells how much has come, and what of it is readable.
 */
export function toShownUpload(upload: Upload, progress: ProgressEvent | undefined): ShownUpload {
  if (progress === undefined || progress.attempt !== upload.attempt)
    return { ...upload, bytesPerSecond: null };
  const { counts, bytesPerSecond } = progress;
  switch (upload.state) {
    case "receiving": {
      const bytes = Math.max(upload.bytes, progress.bytes);
      return { ...upload, ...counts, bytes, bytesPerSecond: null };
    }
    case "running":
      return { ...upload, ...counts, bytesPerSecond };
    default:
      return { ...upload, bytesPerSecond: null };
  }
}

/**
 * What the page knows of uploads, newest first: pages of the list, overlaid by the session's state, which is newer about
 * those under way and those that failed.
 */
export function mergeUploads(
  listed: readonly Upload[],
  live: readonly Upload[],
  progress: Readonly<Record<string, ProgressEvent>>,
): ShownUpload[] {
  const known = new Map(listed.map((upload) => [upload.uploadId, upload]));
  for (const upload of live) known.set(upload.uploadId, upload);
  return [...known.values()]
    .toSorted((a, b) => (a.uploadId < b.uploadId ? 1 : -1))
    .map((upload) => toShownUpload(upload, progress[upload.uploadId]));
}

/**
 * How far an upload is, from 0 to 1: received of what was announced, then read of what was received. Null where nobody
 * can know: no length was announced, or more is decoded from it than came.
 */
export function progressOf(upload: Upload): number | null {
  switch (upload.state) {
    case "receiving":
      return upload.announcedBytes ? Math.min(1, upload.bytes / upload.announcedBytes) : null;
    case "queued":
      return 0;
    case "running":
      if (upload.encoding !== "identity" || upload.bytes === 0) return null;
      return Math.min(1, upload.decodedBytes / upload.bytes);
    case "done":
      return 1;
    case "failed":
      return null;
  }
}
