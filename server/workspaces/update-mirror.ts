import { access, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Repository } from "#lib/repository.ts";
import type { AddressRules } from "./check-repository-address.ts";
import { withCheckedRemote } from "./checked-remote.ts";
import type { GitRemote } from "./git-environment.ts";
import { branchMissing, gitFailureReason } from "./git-failure.ts";
import { cloneMirror, fetchMirror, type MirrorBase, readBase } from "./mirror-content.ts";
import type { MirrorFolders } from "./mirror-folders.ts";
import type { GitContext } from "./run-git.ts";

interface UpdateOptions extends GitContext, AddressRules {
  repository: Repository;
  /** Null for the default branch. */
  branch: string | null;
}

interface UpdatedMirror extends MirrorBase {
  /** Cloned just now, so that disk space may be short. */
  isNew: boolean;
}

/**
 * Clones or fetches, unless another session has fetched since `arrivedNs`; clones anew what turns out to be damaged.
 * Only for who holds the mirror's lock.
 */
export async function updateMirror(
  options: UpdateOptions,
  folders: MirrorFolders,
  arrivedNs: bigint,
): Promise<UpdatedMirror> {
  const { sandbox, homePath, signal, timeoutMs, onOutput, repository, branch } = options;
  const context: GitContext = { sandbox, homePath, signal, timeoutMs, onOutput };
  const read = async (remote: GitRemote | null) =>
    requireBranch(branch, await readBase(context, folders, { remote, branch }));

  const isPresent = await isWhole(folders);
  if (isPresent && (await isFetchedSince(folders, arrivedNs))) {
    const base = await read(null);
    const now = new Date();
    await utimes(folders.fetchedPath, now, now);
    return { ...base, isNew: false };
  }
  return withCheckedRemote(repository, options, async (remote) => {
    const startedNs = process.hrtime.bigint();
    const isKept = isPresent && (await fetchMirror(context, folders, remote));
    const kept = isKept ? await read(remote).catch(nullWhenCorrupt) : null;
    if (kept === null) await cloneMirror(context, folders, remote);
    const base = kept ?? (await read(remote));
    await writeFile(folders.fetchedPath, String(startedNs));
    return { ...base, isNew: kept === null };
  });
}

function requireBranch(branch: string | null, base: MirrorBase): MirrorBase {
  // The default branch of an empty repository exists, in a way.
  const isMissing = branch !== null && base.commit === null && branch !== base.defaultBranch;
  if (isMissing) throw branchMissing(branch);
  return base;
}

function nullWhenCorrupt(error: unknown): null {
  if (gitFailureReason(error) !== "corrupt") throw error;
  return null;
}

async function isWhole({ repositoryPath, damagedPath }: MirrorFolders): Promise<boolean> {
  const [isPresent, isDamaged] = await Promise.all(
    [join(repositoryPath, "HEAD"), damagedPath].map((path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  return isPresent === true && isDamaged !== true;
}

/** Only a fetch that began after the question is an answer: an earlier one may have missed what was pushed since. */
async function isFetchedSince({ fetchedPath }: MirrorFolders, arrivedNs: bigint): Promise<boolean> {
  const startedNs = BigInt(await readFile(fetchedPath, "utf8").catch(() => "0"));
  return startedNs > arrivedNs && startedNs < process.hrtime.bigint();
}
