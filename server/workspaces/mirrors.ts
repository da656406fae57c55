import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "#lib/errors.ts";
import type { Repository } from "#lib/repository.ts";
import { log } from "#server/log.ts";
import { killProcessesOfHome } from "#server/sandboxes/kill-stray-process.ts";
import type { AddressRules, FindCredential } from "./check-repository-address.ts";
import { evictMirrors, type IsMirrorInUse } from "./evict-mirrors.ts";
import { type FileLock, lockFile, tryLockFile } from "./file-lock.ts";
import {
  mirrorFolders,
  type MirrorFolders,
  removeEmptyFolders,
  removeHomeOfNothing,
  removeUnfinished,
} from "./mirror-folders.ts";
import type { GitContext } from "./run-git.ts";
import { updateMirror } from "./update-mirror.ts";

export interface OpenMirrorOptions extends Omit<GitContext, "homePath">, AddressRules {
  dataDir: string;
  repository: Repository;
  /** Must exist at the remote; null for the default branch. */
  branch: string | null;
  /** All mirrors together; those not used for longest go first. */
  maxBytes: number;
  isMirrorInUse: IsMirrorInUse;
  /**
   * Whose copy it is where a credential of theirs opens the repository; others must not find it. Everybody's without one,
   * so that an address which a credential opens is then refused.
   */
  owner?: string | null;
}

export interface Mirror {
  /** Bare repository; stays until `release` at least, and as long as `isMirrorInUse` says so. */
  path: string;
  /** The branch that HEAD names at the remote, also when it has no commit yet; null when it names none. */
  defaultBranch: string | null;
  /** Safe to call twice. */
  release(): Promise<void>;
}

const STRAY_GRACE_MS = 500;
const HOLD_ATTEMPTS = 20;

/**
 * Brings the mirror of a repository up to date, or clones it, and keeps it from being removed until `release`. What it
 * then holds is at least as new as this call. Sessions that wait for the same repository share one fetch. Throws
 * `invalid_input` for an unknown branch or a forbidden address, otherwise as `runGit` does. A server or git that is
 * killed in between leaves nothing that a later call would take for whole; a first clone that fails leaves nothing at all.
 */
export async function openMirror(options: OpenMirrorOptions): Promise<Mirror> {
  const { dataDir, repository, maxBytes, isMirrorInUse, owner = null } = options;
  const key = owner === null ? repository.key : `${repository.key}\0${owner}`;
  const folders = mirrorFolders(dataDir, key);
  const arrivedNs = process.hrtime.bigint();
  const hold = await holdMirror(folders);
  try {
    const { findCredential } = options;
    const rules =
      owner === null && findCredential
        ? { ...options, findCredential: refusing(findCredential) }
        : options;
    const { defaultBranch, isNew } = await lockAndUpdate(rules, folders, arrivedNs);
    if (isNew) {
      await evictMirrors({ dataDir, maxBytes, isMirrorInUse }).catch((error: unknown) =>
        log.warn({ err: error }, "mirrors not evicted"),
      );
    }
    return {
      path: folders.repositoryPath,
      defaultBranch,
      release: hold.release,
    };
  } catch (error) {
    await hold.release();
    await removeEmptyFolders(folders);
    throw error;
  }
}

/** A repository that nobody's token opens by its own address may have moved to one that a token opens. */
const refusing =
  (findCredential: FindCredential): FindCredential =>
  async (url) => {
    if ((await findCredential(url)) === null) return null;
    throw new AppError(
      "invalid_input",
      `The repository is at ${url}, whose server the team has a token for: start with that address`,
    );
  };

/** Makes the mirror's folder; from here on it stays. Again when a clone that failed removes it at the same time. */
async function holdMirror(folders: MirrorFolders, attempt = 1): Promise<FileLock> {
  const { holdsPath } = folders;
  let hold: FileLock | null;
  try {
    await mkdir(holdsPath, { recursive: true });
    hold = await tryLockFile(join(holdsPath, randomUUID()));
  } catch (error) {
    if (attempt === HOLD_ATTEMPTS || (error as NodeJS.ErrnoException).code !== "ENOENT")
      throw error;
    return holdMirror(folders, attempt + 1);
  }
  if (hold === null) throw new AppError("internal", "The copy of the repository cannot be held");
  return hold;
}

async function lockAndUpdate(
  options: OpenMirrorOptions,
  folders: MirrorFolders,
  arrivedNs: bigint,
): Promise<{ defaultBranch: string | null; isNew: boolean }> {
  const { signal, onOutput } = options;
  const lock = await lockFile(folders.lockPath, {
    signal,
    onWait: () => onOutput?.("Waiting for another session to fetch this repository\n"),
  });
  try {
    if (lock.isInherited) {
      await killProcessesOfHome(folders.homePath, STRAY_GRACE_MS);
      await removeUnfinished(folders);
    }
    return await updateMirror({ ...options, homePath: folders.homePath }, folders, arrivedNs);
  } catch (error) {
    await removeUnfinished(folders);
    await removeHomeOfNothing(folders);
    throw error;
  } finally {
    await lock.release();
  }
}
