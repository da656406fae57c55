import { rm } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "#lib/errors.ts";
import { branchMissing } from "./git-failure.ts";
import { reportingDamage } from "./mirror-folders.ts";
import { type GitContext, runGit } from "./run-git.ts";
import type { WorkspaceFolders } from "./workspace-folders.ts";
import {
  type CheckedOutBranch,
  getWorkspaceMarker,
  writeWorkspaceMarker,
} from "./workspace-marker.ts";

export interface CheckoutBranchOptions extends Omit<GitContext, "homePath"> {
  folders: WorkspaceFolders;
  /** Where to begin; null for the default branch. */
  branch: string | null;
  /** As the mirror tells it. */
  defaultBranch: string | null;
  workBranch: string;
  /** Where to begin instead, whatever the branch is by now; must be a commit that the mirror has. */
  base?: { baseBranch: string; commit: string | null } | undefined;
}

/** What branches are called in a workspace that knows them from its remote. */
const REMOTE_PREFIX = "refs/remotes/origin/";

/**
 * Makes the agent's branch and the files of the work tree. In a repository without commits the branch is unborn. Safe
 * to run twice: once complete, nothing is touched any more. Throws `invalid_input` for an unknown branch.
 */
export async function checkoutBranch(options: CheckoutBranchOptions): Promise<CheckedOutBranch> {
  const { folders, workBranch, sandbox, signal, timeoutMs, onOutput } = options;
  const marker = await getWorkspaceMarker(folders);
  if (marker.branch) return marker.branch;
  const { repositoryPath: cwd, homePath } = folders;
  const context: GitContext = { sandbox, signal, timeoutMs, onOutput, homePath };
  // Left by a git that was killed; nobody else works here yet.
  await rm(join(cwd, ".git/index.lock"), { force: true });

  return reportingDamage(marker.mirrorPath, async () => {
    const { baseBranch, commit } =
      options.base ?? findBase(await listRemoteBranches(context, cwd), options);
    const args =
      commit === null
        ? ["symbolic-ref", "HEAD", `refs/heads/${workBranch}`]
        : ["checkout", "--progress", "--force", "--no-track", "-B", workBranch, commit, "--"];
    await runGit({ ...context, cwd, args });
    const branch = { baseBranch, workBranch, commit };
    await writeWorkspaceMarker(folders, { ...marker, branch });
    return branch;
  });
}

function findBase(
  branches: Map<string, string>,
  { branch, defaultBranch }: Pick<CheckoutBranchOptions, "branch" | "defaultBranch">,
): { baseBranch: string; commit: string | null } {
  const name = branch ?? defaultBranch ?? "main";
  const commit = branches.get(name);
  if (commit !== undefined) return { baseBranch: name, commit };
  const isUnborn = branches.size === 0 && (branch === null || branch === defaultBranch);
  if (isUnborn) return { baseBranch: name, commit: null };
  if (branch !== null) throw branchMissing(branch);
  return guessBase(branches);
}

/** HEAD of the remote names no branch that exists: takes the one that people would mean. */
function guessBase(branches: Map<string, string>): { baseBranch: string; commit: string } {
  const names = ["main", "master", ...(branches.size === 1 ? branches.keys() : [])];
  for (const baseBranch of names) {
    const commit = branches.get(baseBranch);
    if (commit !== undefined) return { baseBranch, commit };
  }
  throw new AppError("invalid_input", "The repository has no default branch: name one", {
    details: { reason: "branch_missing" },
  });
}

async function listRemoteBranches(context: GitContext, cwd: string): Promise<Map<string, string>> {
  const args = ["for-each-ref", "--format=%(objectname) %(refname)", "--", REMOTE_PREFIX];
  const output = await runGit({ ...context, cwd, args });
  const branches = new Map<string, string>();
  for (const line of output.split("\n")) {
    const [commit = "", reference = ""] = line.split(" ");
    const name = reference.slice(REMOTE_PREFIX.length);
    if (name !== "" && name !== "HEAD") branches.set(name, commit);
  }
  return branches;
}
