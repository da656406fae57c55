import { execFile } from "node:child_process";

const TIMEOUT_MS = 5 * 60_000;

/**
 * What a folder takes on the disk, in bytes, with everything below it on the same file system; 0 when it is not there.
 * Links are not followed. What comes and goes while it is read may count or not. Throws when du(1) cannot be run.
 */
export function measureFolder(path: string, signal?: AbortSignal): Promise<number> {
  // Options that every du(1) knows.
  const args = ["-s", "-k", "-x", "--", path];
  return new Promise((resolve, reject) => {
    execFile("du", args, { timeout: TIMEOUT_MS, signal }, (error, stdout) => {
      // du complains of files that went away meanwhile, and gives the sum of the others.
      const kib = Number.parseInt(stdout, 10);
      if (Number.isInteger(kib)) resolve(kib * 1_024);
      else if (error && typeof error.code !== "number") reject(error);
      else resolve(0);
    });
  });
}
