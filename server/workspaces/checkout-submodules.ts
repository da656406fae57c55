import { lstat, readdir, realpath, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AppError, isAppError } from "#lib/errors.ts";
import { SUBMODULE_DEPTH_MAX, SUBMODULES_MAX } from "#lib/limits.ts";
import type { Repository } from "#lib/repository.ts";
import { cloneCopy, type CommitAuthor } from "./create-workspace.ts";
import { gitFailureReason } from "./git-failure.ts";
import { listSubmodules, type Submodule, tooMany } from "./list-submodules.ts";
import type { Mirror } from "./mirrors.ts";
import { type GitContext, runGit } from "./run-git.ts";
import { isOfSameOwner, parseSubmoduleAddress } from "./submodule-address.ts";
import type { WorkspaceFolders } from "./workspace-folders.ts";

interface SubmoduleOptions extends Omit<GitContext, "homePath"> {
  folders: WorkspaceFolders;
  /** The one that the workspace is of. */
  repository: Repository;
  allowedPrivateHosts: readonly string[];
  author: CommitAuthor | null;
  /** Addresses are checked as for any repository; the server's credential is used for those of the same owner alone. */
  openMirror(repository: Repository, access: { isPublic: boolean }): Promise<Mirror>;
  /** Throws when the workspace has become too large. */
  checkSize(): Promise<void>;
  /** Gets the error of a submodule that cannot be had; its folder stays empty. Left out, it is thrown. */
  onMissing?(error: AppError): void;
}

/** Where submodules are looked for: the workspace itself, or one of them. */
interface Parent {
  path: string;
  repository: Repository;
  depth: number;
  /** From the workspace's own down to this one, somebody else's has been between. */
  isForeign: boolean;
}

/**
 * Fetches the submodules of a fresh workspace, and theirs, and checks out the commits that the repository names. No agent
 * has worked there yet, but whoever wrote the repository may not be meant well: their addresses pass the checks of every
 * repository, and nothing is written through a link. They hold copies of their objects, for a hard link would let an agent
 * change the mirror. Errors name the submodule.
 */
export async function checkoutSubmodules(options: SubmoduleOptions): Promise<void> {
  const { folders, repository } = options;
  const waiting: Parent[] = [
    { path: folders.repositoryPath, repository, depth: 1, isForeign: false },
  ];
  let count = 0;
  for (let parent = waiting.shift(); parent; parent = waiting.shift()) {
    for (const submodule of await listSubmodules(contextOf(options), parent.path)) {
      count += 1;
      if (count > SUBMODULES_MAX || parent.depth > SUBMODULE_DEPTH_MAX) throw tooMany();
      const fetched = await checkoutOne(options, parent, submodule).catch(
        failNamed(options, submodule),
      );
      if (fetched !== null) waiting.push(fetched);
      await options.checkSize();
    }
  }
}

const contextOf = ({ folders, sandbox, signal, timeoutMs, onOutput }: SubmoduleOptions) => ({
  homePath: folders.homePath,
  sandbox,
  signal,
  timeoutMs,
  onOutput,
});

async function checkoutOne(
  options: SubmoduleOptions,
  parent: Parent,
  submodule: Submodule,
): Promise<Parent> {
  const { folders, allowedPrivateHosts, author } = options;
  const context = contextOf(options);
  const rules = { parent: parent.repository, allowedPrivateHosts };
  const repository = parseSubmoduleAddress(submodule.address, rules);
  const isForeign = parent.isForeign || !isOfSameOwner(repository, parent.repository);
  const access = isForeign ? ", of another owner: without a git credential" : "";
  options.onOutput?.(`Submodule ${submodule.path} from ${repository.label}${access}\n`);
  const path = await requireEmptyFolder(parent.path, submodule.path);
  const partialPath = `${folders.repositoryPath}.submodule`;
  await rm(partialPath, { recursive: true, force: true });
  const mirror = await options.openMirror(repository, { isPublic: isForeign });
  try {
    await cloneCopy(context, { mirrorPath: mirror.path, repository, author, path: partialPath });
    const args = ["checkout", "--quiet", "--force", "--detach", submodule.commit, "--"];
    await runGit({ ...context, cwd: partialPath, args }).catch(failMissing(submodule));
    await rmdir(path);
    await rename(partialPath, path);
  } finally {
    await mirror.release();
    await rm(partialPath, { recursive: true, force: true });
  }
  return { path, repository, depth: parent.depth + 1, isForeign };
}

/** The folder that git has made for it, and nothing that a link leads to. */
async function requireEmptyFolder(parentPath: string, path: string): Promise<string> {
  const target = join(parentPath, path);
  const entry = await lstat(target).catch(() => null);
  const isReal =
    entry?.isDirectory() === true &&
    (await realpath(dirname(target))) === join(await realpath(parentPath), dirname(path));
  if (isReal && (await readdir(target)).length === 0) return target;
  throw new AppError("invalid_input", "its place is taken by something else", {
    details: { reason: "submodule_place" },
  });
}

function failMissing({ commit }: Submodule) {
  return (cause: unknown) => {
    const reason = gitFailureReason(cause);
    if (reason !== "branch_missing" && reason !== "corrupt") throw cause;
    const message = `its repository has no commit ${commit} on a branch or a tag`;
    throw new AppError("invalid_input", message, {
      details: { reason: "submodule_commit" },
      cause,
    });
  };
}

/** In words that fit behind the name: what is told of repositories begins with an article. */
function failNamed({ signal, onMissing }: SubmoduleOptions, { path }: Submodule) {
  return (cause: unknown): null => {
    if (signal.aborted || !isAppError(cause)) throw cause;
    const { code, message, details } = cause;
    const error = new AppError(code, `Submodule ${path}: ${message}`, { details, cause });
    if (onMissing === undefined) throw error;
    onMissing(error);
    return null;
  };
}
