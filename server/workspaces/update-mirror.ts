import { access, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Repository } from "#lib/repository.ts";
import type { AddressRules } from "./check-repository-address.ts";
import { withCheckedRemote } from "./checked-remote.ts";
import { branchMissing } from "./git-failure.ts";
import {
  cloneMirror,
  fetchMirror,
  isReadable,
  readDefaultBranch,
  readHead,
  readRefs,
} from "./mirror-content.ts";
import type { MirrorFolders } from "./mirror-folders.ts";
import type { GitContext } from "./run-git.ts";

interface UpdateOptions extends GitContext, AddressRules {
  repository: Repository;
  /** Null for the default branch. */
  branch: string | null;
}

interface UpdatedMirror {
  defaultBranch: string | null;
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
  const { repositoryPath } = folders;
  const isPresent = await isWhole(folders);
  if (isPresent && (await isFetchedSince(folders, arrivedNs))) {
    const defaultBranch = await readHead(repositoryPath);
    await findCommit(context, repositoryPath, { branch, defaultBranch });
    const now = new Date();
    await utimes(folders.fetchedPath, now, now);
    return { defaultBranch, isNew: false };
  }
  return withCheckedRemote(repository, options, async (remote) => {
    const startedNs = process.hrtime.bigint();
    const clone = () => cloneMirror(context, folders, remote);
    const isKept = isPresent && (await fetchMirror(context, folders, remote));
    if (!isKept) await clone();
    let defaultBranch = await readDefaultBranch(context, folders, remote);
    const commit = await findCommit(context, repositoryPath, { branch, defaultBranch });
    const isDamaged = commit !== null && !(await isReadable(context, repositoryPath, commit));
    if (isDamaged) {
      await clone();
      defaultBranch = await readDefaultBranch(context, folders, remote);
    }
    await writeFile(folders.fetchedPath, String(startedNs));
    return { defaultBranch, isNew: !isKept || isDamaged };
  });
}

/** The commit of the branch that is asked for; null when the default branch is meant and has none. */
async function findCommit(
  context: GitContext,
  repositoryPath: string,
  { branch, defaultBranch }: { branch: string | null; defaultBranch: string | null },
): Promise<string | null> {
  const name = branch ?? defaultBranch;
  if (name === null) return null;
  const reference = `refs/heads/${name}`;
  const commit = (await readRefs(context, repositoryPath, [reference])).get(reference) ?? null;
  if (commit === null && name !== defaultBranch) throw branchMissing(name);
  return commit;
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
