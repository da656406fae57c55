import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";
import { runGit } from "./run-git.ts";

/** A tour looks at no more files than this. */
export const FILES_MAX = 20_000;
const FOLDERS_NOT_ENTERED = new Set([".git", "node_modules", ".venv", "target", "dist", "build"]);

export interface RepositoryFile {
  /** Relative to the workspace, with `/`. */
  path: string;
  byteSize: number;
}

export interface FileList {
  isGit: boolean;
  files: RepositoryFile[];
  /** More files exist than were looked at. */
  isCut: boolean;
}

/** Ordinary files of the workspace: what git knows or would add, else everything found by walking. No links. */
export async function listFiles(cwd: string, signal: AbortSignal): Promise<FileList> {
  const tracked = await listGitFiles(cwd, signal);
  const paths = tracked ?? (await walk(cwd, signal));
  const files: RepositoryFile[] = [];
  for (const path of paths.slice(0, FILES_MAX)) {
    signal.throwIfAborted();
    const state = await lstat(join(cwd, path)).catch(() => null);
    if (state?.isFile()) files.push({ path, byteSize: state.size });
  }
  return { isGit: tracked !== null, files, isCut: paths.length > FILES_MAX };
}

/** Null when the folder is no git repository. */
async function listGitFiles(cwd: string, signal: AbortSignal): Promise<string[] | null> {
  try {
    await runGit(cwd, ["rev-parse", "--is-inside-work-tree"], signal);
  } catch {
    signal.throwIfAborted();
    return null;
  }
  const output = await runGit(
    cwd,
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    signal,
  );
  return output.split("\0").filter((path) => path !== "");
}

/** Paths below the folder, breadth first, one more than the limit at most. */
async function walk(cwd: string, signal: AbortSignal): Promise<string[]> {
  const paths: string[] = [];
  const folders = [""];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    for await (const entry of await opendir(join(cwd, folder))) {
      signal.throwIfAborted();
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !FOLDERS_NOT_ENTERED.has(entry.name)) folders.push(path);
      if (entry.isFile()) paths.push(path);
      if (paths.length > FILES_MAX) return paths;
    }
  }
  return paths.toSorted();
}
