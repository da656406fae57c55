import { createHash } from "node:crypto";
import { access, readdir, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gitFailureReason } from "./git-failure.ts";

/** Where a mirror and what belongs to it lives: one folder a repository, named by a hash of the repository's key. */
export interface MirrorFolders {
  basePath: string;
  /** The bare repository; appears when it is cloned whole. Workspaces borrow objects from it. */
  repositoryPath: string;
  /** Objects of Git LFS. They outlast a clone that replaces the repository, and go with it when it is evicted. */
  lfsPath: string;
  lockPath: string;
  /** One file for every handle that is open, written by the process that holds it. */
  holdsPath: string;
  /** HOME of git. */
  homePath: string;
  /** Holds when the last complete fetch began, in nanoseconds since boot; its age tells when the mirror was used. */
  fetchedPath: string;
  /** Present when a reader found the mirror damaged. */
  damagedPath: string;
}

export const mirrorsPath = (dataDir: string) => join(dataDir, "mirrors");

export function mirrorFolders(dataDir: string, repositoryKey: string): MirrorFolders {
  const name = createHash("sha256").update(repositoryKey).digest("hex").slice(0, 32);
  return foldersIn(join(mirrorsPath(dataDir), name));
}

/** Folders of all repositories that were ever mirrored, also of those whose mirror was removed. */
export async function listMirrorFolders(dataDir: string): Promise<MirrorFolders[]> {
  const entries = await readdir(mirrorsPath(dataDir), { withFileTypes: true }).catch(
    noneWhenMissing,
  );
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => foldersIn(join(mirrorsPath(dataDir), entry.name)));
}

function foldersIn(basePath: string): MirrorFolders {
  return {
    basePath,
    repositoryPath: join(basePath, "repository.git"),
    lfsPath: join(basePath, "lfs"),
    lockPath: join(basePath, "lock"),
    holdsPath: join(basePath, "holds"),
    homePath: join(basePath, "home"),
    fetchedPath: join(basePath, "fetched"),
    damagedPath: join(basePath, "damaged"),
  };
}

const UNFINISHED = /^(?:partial|removed)-/;

/** Names for folders that `removeUnfinished` may take away. */
export const unfinishedPath = ({ basePath }: MirrorFolders, kind: "partial" | "removed") =>
  join(basePath, `${kind}-${crypto.randomUUID()}`);

/**
 * Takes away what a git that was killed leaves: unfinished clones, packs in the making, locks of refs. Only for who
 * holds the mirror's lock, when no git runs in it.
 */
export async function removeUnfinished({ basePath, repositoryPath }: MirrorFolders): Promise<void> {
  for (const name of await listNames(basePath)) {
    if (UNFINISHED.test(name)) await rm(join(basePath, name), { recursive: true, force: true });
  }
  for (const folder of ["objects/pack", "objects"]) {
    const path = join(repositoryPath, folder);
    for (const name of await listNames(path)) {
      if (name.startsWith("tmp_") || name.startsWith(".tmp-"))
        await rm(join(path, name), { recursive: true, force: true });
    }
  }
  const locks = [
    ...(await listNames(repositoryPath)),
    ...(await listNames(join(repositoryPath, "refs"), true)).map((name) => join("refs", name)),
  ];
  for (const name of locks) {
    if (name.endsWith(".lock")) await rm(join(repositoryPath, name), { force: true });
  }
}

/** Removes git's HOME when no clone came of it. Only for who holds the mirror's lock. */
export async function removeHomeOfNothing(folders: MirrorFolders): Promise<void> {
  if (!(await isCloned(folders))) await rm(folders.homePath, { recursive: true, force: true });
}

const isCloned = ({ repositoryPath }: MirrorFolders) =>
  access(repositoryPath).then(
    () => true,
    () => false,
  );

/** Removes the mirror's folder when there is nothing in it: no repository, and nobody who waits for one. */
export async function removeEmptyFolders(folders: MirrorFolders): Promise<void> {
  if (await isCloned(folders)) return;
  for (const path of [folders.holdsPath, folders.basePath]) {
    try {
      await rmdir(path);
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (["ENOTEMPTY", "EEXIST", "ENOENT"].includes(code)) return;
      throw error;
    }
  }
}

/** Runs work that reads a mirror; when it finds the mirror damaged, the next `openMirror` will clone it anew. */
export async function reportingDamage<Result>(
  mirrorPath: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (gitFailureReason(error) === "corrupt") {
      await writeFile(foldersIn(dirname(mirrorPath)).damagedPath, "");
    }
    throw error;
  }
}

const listNames = (path: string, recursive = false): Promise<string[]> =>
  readdir(path, { recursive }).catch(noneWhenMissing);

function noneWhenMissing(error: NodeJS.ErrnoException): [] {
  if (error.code === "ENOENT") return [];
  throw error;
}
