import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type GitContext, runGit } from "#server/workspaces/run-git.ts";
import { parsePointer, POINTER_MAX_BYTES, type PointerFile } from "./parse-pointer.ts";

type WorkTree = GitContext & { cwd: string };

const ATTRIBUTES_MAX_BYTES = 1024 * 1024;

/** Whether some `.gitattributes` of a fresh work tree names files that are in Git LFS. */
export async function usesLfs(workTree: WorkTree): Promise<boolean> {
  for (const path of await listFiles(workTree, ":(glob)**/.gitattributes")) {
    workTree.signal.throwIfAborted();
    const text = await readSmall(join(workTree.cwd, path), ATTRIBUTES_MAX_BYTES);
    if (text !== null && /\sfilter=lfs(?:\s|$)/m.test(text)) return true;
  }
  return false;
}

/** Files of a fresh work tree that are pointers by their attributes and by what is in them. */
export async function listPointerFiles(workTree: WorkTree): Promise<PointerFile[]> {
  if (!(await usesLfs(workTree))) return [];
  const files: PointerFile[] = [];
  for (const path of await listFiles(workTree, ":(attr:filter=lfs)")) {
    workTree.signal.throwIfAborted();
    const text = await readSmall(join(workTree.cwd, path), POINTER_MAX_BYTES);
    const pointer = text === null ? null : parsePointer(text);
    if (pointer) files.push({ ...pointer, path });
  }
  return files;
}

async function listFiles(context: WorkTree, pathspec: string): Promise<string[]> {
  const listed = await runGit({ ...context, args: ["ls-files", "-z", "--", pathspec] });
  return listed.split("\0").filter((path) => path !== "");
}

/** Null for what is larger, or no file. Git has made its folders just now: no link leads there. */
async function readSmall(path: string, maxBytes: number): Promise<string | null> {
  const entry = await lstat(path).catch(() => null);
  if (!entry?.isFile() || entry.size > maxBytes) return null;
  return readFile(path, "utf8");
}
