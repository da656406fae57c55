import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";

/**
 * Where git-lfs keeps the objects of a repository of this machine: below git's own folder, which all of its work trees
 * share. That of a linked work tree or a submodule is named by a file, as gitrepository-layout(5) has it.
 */
export async function findFolderStore(path: string): Promise<string> {
  const ownPath = await findGitFolder(path);
  const common = await readFile(join(ownPath, "commondir"), "utf8").catch(nullWhenAbsent);
  return join(resolve(ownPath, common?.trim() ?? ""), "lfs");
}

/** `path` itself where it has no work tree. */
async function findGitFolder(path: string): Promise<string> {
  const place = join(path, ".git");
  const entry = await stat(place).catch(nullWhenAbsent);
  if (entry === null) return path;
  if (!entry.isFile()) return place;
  const [, named] = /^gitdir: (.+)$/m.exec(await readFile(place, "utf8")) ?? [];
  return named === undefined ? path : resolve(path, named);
}

function nullWhenAbsent(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
  throw error;
}
