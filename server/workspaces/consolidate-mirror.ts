import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { MirrorFolders } from "./mirror-folders.ts";
import { type GitContext, runGit } from "./run-git.ts";

/** Git looks through every pack for an object, here and in all workspaces that borrow from here. */
const PACKS_MAX = 20;
/** Of the 256 folders of loose objects one is counted, as `git gc --auto` does. */
const SAMPLED_FOLDER = "17";
const LOOSE_IN_SAMPLE_MAX = 10;

/** Whether many fetches have left many packs, or small ones many loose objects. */
export async function isScattered({ repositoryPath }: MirrorFolders): Promise<boolean> {
  const objectsPath = join(repositoryPath, "objects");
  const packs = (await listNames(join(objectsPath, "pack"))).filter((name) =>
    name.endsWith(".pack"),
  );
  if (packs.length > PACKS_MAX) return true;
  return (await listNames(join(objectsPath, SAMPLED_FOLDER))).length > LOOSE_IN_SAMPLE_MAX;
}

/**
 * Puts small packs and loose objects together. No object goes, whether a branch needs it or not, because workspaces
 * borrow them: git-repack(1) takes whole packs here (`--geometric`), and removes one when its objects are in the new
 * one. Who reads meanwhile looks again and finds them there. Only for who holds the mirror's lock.
 */
export async function consolidateMirror(
  context: GitContext,
  { repositoryPath }: MirrorFolders,
): Promise<void> {
  await runGit({
    ...context,
    cwd: repositoryPath,
    args: ["repack", "--geometric=2", "-d", "--quiet", "--no-write-bitmap-index"],
  });
}

/** Empty where there is no such folder. */
const listNames = (path: string) => readdir(path).catch(() => []);
