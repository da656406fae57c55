import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError } from "#lib/errors.ts";

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
  const freeBytes = await Promise.race([readFreeBytes(path), rejectWhenAborted(signal)]);
  if (freeBytes >= minFreeBytes) return;
  throw new AppError(
    "unavailable",
    `Not enough disk space on the server: ${inWords(freeBytes)} free, ${inWords(minFreeBytes)} needed`,
    { details: { reason: "disk_full", freeBytes, minFreeBytes } },
  );
}

function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    return signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
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

const UNITS = ["bytes", "KB", "MB", "GB", "TB", "PB", "EB"];

/** Rounded down: 1,999,999 bytes are "1.9 MB", so that what is free never looks like enough. */
function inWords(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return `${Math.floor((bytes / 1000 ** power) * 10) / 10} ${UNITS[power]}`;
}
