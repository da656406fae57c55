import { readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { GitRemote } from "./git-environment.ts";
import { gitFailureReason, tellsDamage } from "./git-failure.ts";
import { type MirrorFolders, unfinishedPath } from "./mirror-folders.ts";
import { type GitContext, runGit } from "./run-git.ts";

/** The remote's HEAD as last fetched. Clones do not take it along. */
const REMOTE_HEAD = "refs/millrace/head";
const BRANCH_REFSPECS = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];

/** A folder of the server is nothing for a step's log. `--quiet` would leave out the progress too. */
const DESTINATION = /^Cloning into bare repository '.*'\.\.\.\n?/m;

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
      onOutput: (text) => context.onOutput?.(text.replace(DESTINATION, "")),
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

/** Where a session on this mirror begins. */
export interface MirrorBase {
  /** The branch that HEAD names at the remote, also when it has no commit yet; null when it names none. */
  defaultBranch: string | null;
  /** Of the branch that was asked for, or the default one; null when that has none. */
  commit: string | null;
}

/**
 * Reads the mirror as it is after a fetch. `remote` is asked for its default branch only when the HEAD fetched last
 * does not fit the branch known so far, and not at all when it is null. Throws with reason `corrupt` when the commit
 * cannot be read.
 */
export async function readBase(
  context: GitContext,
  { repositoryPath }: MirrorFolders,
  { remote, branch }: { remote: GitRemote | null; branch: string | null },
): Promise<MirrorBase> {
  const known = await readHead(repositoryPath);
  const read = (names: string[]) => readRefs(context, repositoryPath, names);
  const refs = await read([REMOTE_HEAD, `refs/heads/${known}`, `refs/heads/${branch ?? known}`]);
  const head = refs.get(REMOTE_HEAD);
  // A checked-out folder changes its branch more often than its commit, and asking it costs nothing.
  const isCertain =
    remote === null ||
    (remote.kind !== "path" && (head === undefined || head === refs.get(`refs/heads/${known}`)));
  const asked = isCertain ? null : await askDefaultBranch(context, repositoryPath, remote);
  if (asked === null || asked === known) {
    return { defaultBranch: known, commit: refs.get(`refs/heads/${branch ?? known}`) ?? null };
  }
  const reference = `refs/heads/${asked}`;
  await runGit({ ...context, cwd: repositoryPath, args: ["symbolic-ref", "HEAD", reference] });
  const base = `refs/heads/${branch ?? asked}`;
  return { defaultBranch: asked, commit: (await read([base])).get(base) ?? null };
}

/** The branch that the mirror's HEAD names; null when it is detached. */
async function readHead(repositoryPath: string): Promise<string | null> {
  const head = await readFile(join(repositoryPath, "HEAD"), "utf8");
  return /^ref: refs\/heads\/(.+)$/m.exec(head)?.[1] ?? null;
}

/** Null when HEAD is detached, and for an empty repository of an old server. */
async function askDefaultBranch(context: GitContext, cwd: string, remote: GitRemote) {
  const args = ["ls-remote", "--symref", "--", remote.url, "HEAD"];
  const answer = await runGit({ ...context, cwd, remote, args });
  return /^ref: refs\/heads\/(.+)\tHEAD$/m.exec(answer)?.[1] ?? null;
}

/** Commits by full name, of those names that exist. Throws with reason `corrupt` when a commit cannot be read. */
async function readRefs(context: GitContext, cwd: string, names: string[]) {
  const args = ["for-each-ref", "--format=%(objectname) %(tree) %(refname)", "--", ...names];
  const output = await runGit({ ...context, cwd, args });
  const refs = new Map<string, string>();
  for (const line of output.split("\n")) {
    const [commit = "", , name = ""] = line.split(" ");
    // A name stands for everything below it as well.
    if (names.includes(name)) refs.set(name, commit);
  }
  return refs;
}

function ignoreMissing(error: NodeJS.ErrnoException) {
  if (error.code !== "ENOENT") throw error;
}
