import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isHeldByLiving, tryLockFile } from "./file-lock.ts";
import {
  listMirrorFolders,
  type MirrorFolders,
  removeUnfinished,
  unfinishedPath,
} from "./mirror-folders.ts";

/** Whether a workspace borrows objects from the mirror at this path. */
export type IsMirrorInUse = (path: string) => Promise<boolean>;

export interface EvictOptions {
  dataDir: string;
  maxBytes: number;
  isMirrorInUse: IsMirrorInUse;
}

/**
 * Removes mirrors, those not used for longest first, until all together fit in `maxBytes`. One that a workspace or an
 * open handle needs stays, so the limit may be exceeded. Answers how many were removed. Safe to run twice.
 */
export async function evictMirrors({ dataDir, maxBytes, isMirrorInUse }: EvictOptions) {
  const mirrors = await Promise.all((await listMirrorFolders(dataDir)).map(measureMirror));
  let totalBytes = mirrors.reduce((sum, mirror) => sum + mirror.bytes, 0);
  let removedCount = 0;
  for (const { folders, bytes } of mirrors.toSorted((a, b) => a.usedMs - b.usedMs)) {
    if (totalBytes <= maxBytes) break;
    if (bytes === 0 || !(await removeMirror(folders, isMirrorInUse))) continue;
    totalBytes -= bytes;
    removedCount += 1;
  }
  return removedCount;
}

async function measureMirror(folders: MirrorFolders) {
  const used = await stat(folders.fetchedPath).catch(() => null);
  return { folders, bytes: await folderBytes(folders.basePath), usedMs: used?.mtimeMs ?? 0 };
}

async function folderBytes(path: string): Promise<number> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    if (!entry.isFile() || isBookkeeping(path, entry)) continue;
    // It may be gone by now: others work here.
    bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => null))?.size ?? 0;
  }
  return bytes;
}

/** Locks and times stay when a mirror goes, and count nothing. */
const isBookkeeping = (
  basePath: string,
  { parentPath, name }: { parentPath: string; name: string },
) =>
  (parentPath === basePath && name !== "repository.git") || parentPath === join(basePath, "holds");

async function removeMirror(folders: MirrorFolders, isMirrorInUse: IsMirrorInUse) {
  const lock = await tryLockFile(folders.lockPath);
  if (lock === null) return false;
  try {
    if (lock.isInherited) await removeUnfinished(folders);
    // Handles are opened before the lock is taken: who comes after this look waits for us, and clones.
    if (await isHeld(folders)) return false;
    if (await isMirrorInUse(folders.repositoryPath)) return false;
    await rm(folders.lfsPath, { recursive: true, force: true });
    const removedPath = unfinishedPath(folders, "removed");
    // A server that was killed while it replaced the repository has left none.
    await rename(folders.repositoryPath, removedPath).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
    await rm(folders.fetchedPath, { force: true });
    await rm(removedPath, { recursive: true, force: true });
    return true;
  } finally {
    await lock.release();
  }
}

async function isHeld({ holdsPath }: MirrorFolders): Promise<boolean> {
  for (const name of await readdir(holdsPath).catch(() => [])) {
    const path = join(holdsPath, name);
    if (await isHeldByLiving(path)) return true;
    await rm(path, { force: true });
  }
  return false;
}
