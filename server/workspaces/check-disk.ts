import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { bytesInWords } from "#lib/bytes-in-words.ts";
import { AppError } from "#lib/errors.ts";
import { orAborted } from "#lib/or-aborted.ts";

/** Throws `unavailable` when less than `minFreeBytes` is free where `path` is, or where it will be. */
export async function checkDisk({
  path,
  minFreeBytes,
  signal,
}: {
  path: string;
  minFreeBytes: number;
  /** A disk that hangs cannot be asked to stop: the answer is then not waited for. */
  signal: AbortSignal;
}): Promise<void> {
  const freeBytes = await orAborted(readFreeBytes(path), signal);
  if (freeBytes >= minFreeBytes) return;
  throw new AppError(
    "unavailable",
    `Not enough disk space on the server: ${bytesInWords(freeBytes)} free, ${bytesInWords(minFreeBytes)} needed`,
    { details: { reason: "disk_full", freeBytes, minFreeBytes } },
  );
}

/** What an ordinary user may still write. */
async function readFreeBytes(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    if (!isMissing || path === dirname(path)) throw error;
    return readFreeBytes(dirname(path));
  }
}
