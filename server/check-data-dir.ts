import { mkdir, mkdtemp, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { EnvironmentError } from "./env.ts";

/** Makes the folder when it is missing. Throws `EnvironmentError` unless this account can write there. */
export async function checkDataDir(dataDir: string): Promise<void> {
  try {
    await makeFolder(dataDir);
    await rmdir(await mkdtemp(join(dataDir, ".writable-")));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = reasons[code ?? ""] ?? `is not usable (${message})`;
    throw new EnvironmentError(
      `DATA_DIR: ${dataDir} ${reason}; it must be a folder, or a place for one, that this account may write to`,
      { cause },
    );
  }
}

/** Node's own recursion never ends where a folder exists that takes none, as `/proc`. */
async function makeFolder(path: string): Promise<void> {
  const make = () => mkdir(path).catch(ignoreExisting);
  try {
    await make();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await make();
  }
}

/** What it is shows when something is made in it. */
function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}

const reasons: Record<string, string | undefined> = {
  ENOTDIR: "is a file or below one",
  EACCES: "may not be written by this account",
  EPERM: "may not be written by this account",
  EROFS: "is on a read-only disk",
  ENOENT: "cannot be made",
  ENOSPC: "is on a full disk",
};
