import { chmod, lstat, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { AppError } from "#lib/errors.ts";
import { killProcessesOfHome } from "#server/sandboxes/kill-stray-process.ts";
import { workspacesPath } from "./workspace-folders.ts";

const PROCESS_GRACE_MS = 1_000;
const WORKSPACE_NAME = /^ses_[0-9A-Za-z]{26}-\d+$/;
const REMOVED_NAME = /\.removed-[0-9a-f-]{36}$/;

interface RemoveOptions {
  dataDir: string;
  /** `basePath` of the workspace's folders. */
  path: string;
}

/**
 * Removes a workspace's folder with everything in it, and ends what still runs there. Never follows a link and never
 * leaves `<dataDir>/workspaces`. Safe to run twice; what a removal that was killed leaves, the next one takes along.
 */
export async function removeWorkspace(options: RemoveOptions): Promise<void> {
  await setWorkspaceAside(options);
  const name = basename(resolve(options.path));
  for (const aside of await listSetAside(options)) {
    if (basename(aside).startsWith(name)) await removeSetAside(aside);
  }
}

/**
 * The quick half of `removeWorkspace`: nothing runs there any more and nothing is under its name. The bytes go with
 * `removeSetAside`.
 */
export async function setWorkspaceAside({ dataDir, path }: RemoveOptions): Promise<void> {
  const absolute = resolve(path);
  const parent = resolve(workspacesPath(dataDir));
  if (dirname(absolute) !== parent || !WORKSPACE_NAME.test(basename(absolute))) {
    throw new AppError("internal", "This folder is not a workspace");
  }
  await killProcessesOfHome(join(absolute, "home"), PROCESS_GRACE_MS);
  // Renamed first, so that a removal that is killed leaves nothing that looks like a workspace.
  await rename(absolute, `${absolute}.removed-${crypto.randomUUID()}`).catch(ignoreMissing);
}

/** Paths of what was set aside and is still there, whoever did that. */
export async function listSetAside({ dataDir }: Pick<RemoveOptions, "dataDir">): Promise<string[]> {
  const parent = resolve(workspacesPath(dataDir));
  const names = (await readdir(parent).catch(ignoreMissing)) ?? [];
  return names.filter((name) => REMOVED_NAME.test(name)).map((name) => join(parent, name));
}

/** Removes what `listSetAside` names. Safe to run twice and beside others. */
export async function removeSetAside(path: string): Promise<void> {
  if (!REMOVED_NAME.test(path)) throw new AppError("internal", "This folder was not set aside");
  await removeFolder(path);
}

/** Removes what was written without permission to remove it, as package managers do with their caches. */
async function removeFolder(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    // One that is gone was another's, who removes the same.
    if (!["EACCES", "EPERM", "ENOTEMPTY", "ENOENT"].includes(code)) throw error;
    await allowRemoval(path);
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function allowRemoval(path: string): Promise<void> {
  const status = await lstat(path).catch(ignoreMissing);
  if (!status?.isDirectory()) return;
  await chmod(path, 0o700).catch(ignoreMissing);
  const names = (await readdir(path).catch(ignoreMissing)) ?? [];
  for (const name of names) await allowRemoval(join(path, name));
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
