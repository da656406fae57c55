import { mkdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AppError } from "#lib/errors.ts";
import {
  feedScript,
  runScript,
  type WorkspaceShell,
} from "#server/checkpoints/workspace-script.ts";
import { hasObject, objectPath } from "./lfs-store.ts";
import type { LfsPointer, PointerFile } from "./parse-pointer.ts";

/** For scripts of git in a workspace that has the filters: what is there becomes files, and what is not stays a pointer. */
export const LFS_ENVIRONMENT = { GIT_LFS_SKIP_SMUDGE: "0", GIT_LFS_SKIP_DOWNLOAD_ERRORS: "1" };

/** As `git lfs install --local` has them, without hooks. */
const SET_FILTERS = `
git config filter.lfs.clean "git-lfs clean -- %f"
git config filter.lfs.smudge "git-lfs smudge -- %f"
git config filter.lfs.process "git-lfs filter-process"
git config filter.lfs.required true`;

/** Files that git has written just now are for it as they should be: they go, so that it writes them anew. */
const WRITE_FILES = `
list=$TMPDIR/lfs-files
trap 'rm -f "$list"' EXIT
cat > "$list"
xargs -0 rm -f -- < "$list"
git checkout-index --quiet --force --index -z --stdin < "$list"`;

/**
 * Lets git in this workspace change between pointers and files, for us and for the agent. Throws `unavailable` where the
 * sandbox has no git-lfs.
 */
export async function setUpFilters(shell: WorkspaceShell): Promise<void> {
  const found = await runScript(shell, { text: "command -v git-lfs || :" });
  if (found.trim() === "") {
    throw new AppError(
      "unavailable",
      "Git LFS is not installed where sessions run: install the package git-lfs, or choose an environment without it",
      { details: { reason: "lfs_program" } },
    );
  }
  await runScript(shell, { text: SET_FILTERS });
}

/**
 * Gives a fresh workspace the objects of a store that lasts as long as it does, as links: they take no room, and tell
 * what came from the repository from what an agent adds.
 */
export async function linkObjects(
  repositoryPath: string,
  {
    storePath,
    objects,
    signal,
  }: { storePath: string; objects: readonly LfsPointer[]; signal: AbortSignal },
): Promise<void> {
  const ownPath = join(repositoryPath, ".git/lfs");
  for (const { oid } of objects) {
    signal.throwIfAborted();
    const place = objectPath(ownPath, oid);
    await mkdir(dirname(place), { recursive: true });
    await symlink(objectPath(storePath, oid), place).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}

/** Writes what the pointers stand for, where the store has it. The index knows the files then. */
export async function writeFiles(
  shell: WorkspaceShell,
  { storePath, files }: { storePath: string; files: readonly PointerFile[] },
): Promise<void> {
  const paths: string[] = [];
  for (const file of files) {
    shell.signal.throwIfAborted();
    if (file.size === 0 || (await hasObject(storePath, file))) paths.push(file.path);
  }
  if (paths.length === 0) return;
  const list = Buffer.from(paths.map((path) => `${path}\0`).join(""));
  const environment = { ...shell.environment, ...LFS_ENVIRONMENT };
  await feedScript({ ...shell, environment }, { text: WRITE_FILES }, toStream(list));
}

async function* toStream(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
