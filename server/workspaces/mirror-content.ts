import { readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { GitRemote } from "./git-environment.ts";
import { gitFailureReason, tellsDamage } from "./git-failure.ts";
import { type MirrorFolders, unfinishedPath } from "./mirror-folders.ts";
import { type GitContext, runGit } from "./run-git.ts";

/** The remote's HEAD as last fetched. Clones do not take it along. */
const REMOTE_HEAD = "refs/millrace/head";
const BRANCH_REFSPECS = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];

/** Clones beside the mirror's place and moves the result there, in place of what was there before. */
export async function cloneMirror(
  context: GitContext,
  folders: MirrorFolders,
  remote: GitRemote,
): Promise<void> {
  const partialPath = unfinishedPath(folders, "partial");
  const removedPath = unfinishedPath(folders, "removed");
  try {
    const isCopied = remote.kind === "path" && (await borrowsObjects(remote.url));
    const args = [
      "clone",
      "--bare",
      "--progress",
      "--template=",
      ...(isCopied ? ["--no-local"] : []),
    ];
    await runGit({
      ...context,
      cwd: dirname(partialPath),
      remote,
      args: [...args, "--", remote.url, partialPath],
    });
    await rename(folders.repositoryPath, removedPath).catch(ignoreMissing);
    await rename(partialPath, folders.repositoryPath);
    await rm(folders.damagedPath, { force: true });
  } finally {
    await rm(partialPath, { recursive: true, force: true });
    await rm(removedPath, { recursive: true, force: true });
  }
}

/**
 * Such a repository of this machine must be copied whole: its objects are in a third place, which a clone by hard
 * links would go on to need.
 */
async function borrowsObjects(path: string): Promise<boolean> {
  for (const gitFolder of [join(path, ".git"), path]) {
    const list = await readFile(join(gitFolder, "objects/info/alternates"), "utf8").catch(() => "");
    if (list.trim() !== "") return true;
  }
  return false;
}

/**
 * Fetches what is new in all branches and tags. Names that are gone at the remote go here too, or a deleted branch
 * could be asked for and stand in the way of `branch/other`; their objects stay for good. False when git found the
 * mirror damaged, whether it could help itself or not.
 */
export async function fetchMirror(
  context: GitContext,
  { repositoryPath }: MirrorFolders,
  remote: GitRemote,
): Promise<boolean> {
  const flags = ["--prune", "--progress", "--no-write-fetch-head", "--no-auto-maintenance"];
  let isDamaged = false;
  const onOutput = (text: string) => {
    isDamaged ||= tellsDamage(text);
    context.onOutput?.(text);
  };
  const fetch = (refspecs: string[]) => {
    const args = ["fetch", ...flags, "--", remote.url, ...refspecs];
    return runGit({ ...context, onOutput, cwd: repositoryPath, remote, args });
  };
  try {
    // An empty repository has no HEAD yet.
    await fetch([...BRANCH_REFSPECS, `+HEAD:${REMOTE_HEAD}`]).catch((error: unknown) => {
      if (gitFailureReason(error) !== "branch_missing") throw error;
      return fetch(BRANCH_REFSPECS);
    });
  } catch (error) {
    if (gitFailureReason(error) !== "corrupt") throw error;
    isDamaged = true;
  }
  return !isDamaged;
}

/**
 * Branch that the remote's HEAD names, also when it has no commit yet; null when it names none. The answer is asked
 * for only when the HEAD fetched last does not fit the branch known so far.
 */
export async function readDefaultBranch(
  context: GitContext,
  { repositoryPath }: MirrorFolders,
  remote: GitRemote,
): Promise<string | null> {
  const known = await readHead(repositoryPath);
  // A checked-out folder changes its branch more often than its commit, and asking it costs nothing.
  if (remote.kind !== "path") {
    const refs = await readRefs(context, repositoryPath, [REMOTE_HEAD, `refs/heads/${known}`]);
    const head = refs.get(REMOTE_HEAD);
    if (head === undefined || head === refs.get(`refs/heads/${known}`)) return known;
  }
  const branch = await askDefaultBranch(context, repositoryPath, remote);
  if (branch === null) return known;
  if (branch !== known) {
    const args = ["symbolic-ref", "HEAD", `refs/heads/${branch}`];
    await runGit({ ...context, cwd: repositoryPath, args });
  }
  return branch;
}

/** The branch that the mirror's HEAD names; null when it is detached. */
export async function readHead(repositoryPath: string): Promise<string | null> {
  const head = await readFile(join(repositoryPath, "HEAD"), "utf8");
  return /^ref: refs\/heads\/(.+)$/m.exec(head)?.[1] ?? null;
}

/** Null when HEAD is detached, and for an empty repository of an old server. */
async function askDefaultBranch(context: GitContext, cwd: string, remote: GitRemote) {
  const args = ["ls-remote", "--symref", "--", remote.url, "HEAD"];
  const answer = await runGit({ ...context, cwd, remote, args });
  return /^ref: refs\/heads\/(.+)\tHEAD$/m.exec(answer)?.[1] ?? null;
}

/** Object ids by full name, of those names that exist. */
export async function readRefs(
  context: GitContext,
  repositoryPath: string,
  names: string[],
): Promise<Map<string, string>> {
  const output = await runGit({
    ...context,
    cwd: repositoryPath,
    args: ["for-each-ref", "--format=%(objectname) %(refname)", "--", ...names],
  });
  const lines = output.split("\n").filter((line) => line !== "");
  const refs = new Map(
    lines.map((line) => [line.slice(line.indexOf(" ") + 1), line.slice(0, line.indexOf(" "))]),
  );
  return new Map([...refs].filter(([name]) => names.includes(name)));
}

/** Whether the commit and its first tree are there; a cheap sign of a mirror that lost its packs. */
export async function isReadable(context: GitContext, repositoryPath: string, commit: string) {
  try {
    const args = ["cat-file", "-e", `${commit}^{tree}`];
    await runGit({ ...context, cwd: repositoryPath, args });
    return true;
  } catch (error) {
    if (["corrupt", "unknown"].includes(gitFailureReason(error) ?? "")) return false;
    throw error;
  }
}

function ignoreMissing(error: NodeJS.ErrnoException) {
  if (error.code !== "ENOENT") throw error;
}
