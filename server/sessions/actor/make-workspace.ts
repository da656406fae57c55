import { SETUP_COMMANDS_MAX } from "#lib/limits.ts";
import type { Repository } from "#lib/repository.ts";
import type { Provision } from "#server/profiles/read-provision.ts";
import type { Services } from "#server/services.ts";
import { redactText } from "#server/sandboxes/redact-output.ts";
import { checkoutBranch } from "#server/workspaces/checkout-branch.ts";
import { createWorkspace } from "#server/workspaces/create-workspace.ts";
import {
  makeWorkspaceFolders,
  type WorkspaceFolders,
} from "#server/workspaces/workspace-folders.ts";
import { changeOwnSession, type Ownership } from "../change-session.ts";
import { openTeamMirror } from "../open-team-mirror.ts";
import { workBranchOf } from "./work-branch.ts";
import type { ActorView } from "./actor-view.ts";
import { fetchLfs, noteLfs } from "./fetch-lfs.ts";
import { fetchSubmodules } from "./fetch-submodules.ts";
import type { PreparationRecorder, StepContext } from "./preparation-recorder.ts";
import { bringKept, requireBase, type Restore, restoreWorkspace } from "./restore-workspace.ts";
import { runSetup } from "./run-setup.ts";
import { forgetWorkspace, recordWorkspace } from "./workspace-row.ts";

const BRANCH_TIMEOUT_MS = 120_000;
const CHECKPOINT_TIMEOUT_MS = 10 * 60_000;

interface WorkspaceOptions {
  ownership: Ownership;
  view: ActorView;
  provision: Provision;
  /** What the session comes back from; null for a first start, and where its folder is here. */
  restore: Restore | null;
  /** It has worked before, begins anew, and there is something for `bringKept`. */
  keepsSomething: boolean;
  repository: Repository;
  folders: WorkspaceFolders;
  /** The folder is here and `whole`, see `locateWorkspace`. */
  isComplete: boolean;
  preparation: PreparationRecorder;
  signal: AbortSignal;
}

/**
 * Makes the folders that a session's processes start in. A workspace that is half made, given up, or made from a plan
 * that was changed since, is removed before: not to be called for one that is lost.
 */
export async function beginWorkspace(
  services: Services,
  {
    ownership,
    isComplete,
    folders,
  }: Pick<WorkspaceOptions, "ownership" | "isComplete" | "folders">,
): Promise<void> {
  if (!isComplete) await forgetWorkspace(services, ownership, folders);
  await makeWorkspaceFolders(folders);
}

/**
 * The steps `clone`, `branch`, `lfs` where it is chosen, `setup` and, where a session comes back, `restore`; or none of
 * them when an earlier attempt has finished them all. A folder that is here gets no files of Git LFS.
 */
export async function makeWorkspace(services: Services, options: WorkspaceOptions): Promise<void> {
  const { preparation, restore, signal } = options;
  const comesBack = restore !== null || options.keepsSomething;
  if (options.isComplete) {
    for (const step of ["clone", "branch", "setup"] as const) await preparation.skip(step);
    return;
  }
  const { CLONE_TIMEOUT_MS, SETUP_COMMAND_TIMEOUT_MS } = services.environment;
  // The repository may propose as many again.
  const commandCount = options.provision.setupCommands.length + SETUP_COMMANDS_MAX;
  const { defaultBranch } = await preparation.step(
    "clone",
    { timeoutMs: CLONE_TIMEOUT_MS, signal },
    (step) => clone(services, options, step),
  );
  if (restore) await requireRestorable(services, { ...options, restore });
  const branchTimeoutMs = BRANCH_TIMEOUT_MS + (options.provision.submodules ? CLONE_TIMEOUT_MS : 0);
  const baseCommit = await preparation.step(
    "branch",
    { timeoutMs: branchTimeoutMs, signal },
    async (step) => {
      const commit = await branch(services, { ...options, defaultBranch }, step);
      if (options.provision.submodules) await fetchSubmodules(services, options, step);
      if (!options.provision.lfs) await noteLfs(services, options, step);
      return commit;
    },
  );
  if (options.provision.lfs) {
    const run = (step: StepContext) => fetchLfs(services, options, step);
    await preparation.step("lfs", { timeoutMs: CLONE_TIMEOUT_MS, signal }, run);
  }
  // A grace beyond the commands' own limits, whose message is the better one.
  const setupTimeoutMs = SETUP_COMMAND_TIMEOUT_MS * Math.max(1, commandCount) + 30_000;
  await preparation.step("setup", { timeoutMs: setupTimeoutMs, signal }, async (step) => {
    await runSetup(services, { ...options, isRestored: restore !== null }, step);
    if (!comesBack) await recordWorkspace(services, options, { baseCommit, state: "prepared" });
  });
  if (!comesBack) return;
  const timeoutMs = CHECKPOINT_TIMEOUT_MS;
  await preparation.step("restore", { timeoutMs, signal }, async (step) => {
    if (restore) await restoreWorkspace(services, { ...options, restore, timeoutMs }, step);
    else await bringKept(services, { ...options, timeoutMs }, step);
    await recordWorkspace(services, options, { baseCommit, state: "prepared" });
  });
}

/** Fails the step `restore` when what is kept has nothing to go on from: whoever sees that may give the files up. */
async function requireRestorable(
  { sandbox }: Services,
  { restore, folders, preparation, signal }: WorkspaceOptions & { restore: Restore },
): Promise<void> {
  const timeoutMs = BRANCH_TIMEOUT_MS;
  await requireBase({ sandbox, signal, timeoutMs, folders, restore }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    return preparation.step("restore", { timeoutMs, signal }, () => Promise.reject(error));
  });
}

async function clone(
  services: Services,
  options: WorkspaceOptions,
  { signal, onOutput }: StepContext,
): Promise<{ defaultBranch: string | null }> {
  const { repository, folders } = options;
  const { environment, sandbox } = services;
  const timeoutMs = environment.CLONE_TIMEOUT_MS;
  const { teamId } = options.view;
  const mirror = await openTeamMirror(services, { teamId, repository, signal, onOutput });
  try {
    await recordWorkspace(services, options, { mirrorPath: mirror.path, state: "preparing" });
    const mirrorPath = mirror.path;
    await createWorkspace({
      mirrorPath,
      repository,
      author: options.provision.author,
      folders,
      sandbox,
      signal,
      timeoutMs,
      onOutput,
    });
    return { defaultBranch: mirror.defaultBranch };
  } finally {
    await mirror.release();
  }
}

async function branch(
  services: Services,
  {
    ownership,
    view,
    provision,
    restore,
    folders,
    defaultBranch,
  }: WorkspaceOptions & { defaultBranch: string | null },
  { signal, onOutput }: StepContext,
): Promise<string | null> {
  const { sandbox } = services;
  const timeoutMs = BRANCH_TIMEOUT_MS;
  const checkedOut = await checkoutBranch({
    folders,
    branch: view.requestedBranch,
    defaultBranch,
    workBranch:
      restore?.workBranch ??
      workBranchOf(ownership.sessionId, redactText(view.title), provision.branchPattern),
    base: restore?.base,
    sandbox,
    signal,
    timeoutMs,
    onOutput,
  });
  await changeOwnSession(services, ownership, async (tx) => {
    await tx`
      update sessions
      set base_branch = ${checkedOut.baseBranch}, work_branch = ${checkedOut.workBranch}
      where id = ${ownership.sessionId}`;
  });
  return checkedOut.commit;
}
