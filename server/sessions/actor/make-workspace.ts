import type { Repository } from "#lib/repository.ts";
import type { Services } from "#server/services.ts";
import { redactText } from "#server/sandboxes/redact-output.ts";
import { openMirror } from "#server/workspaces/mirrors.ts";
import { checkoutBranch } from "#server/workspaces/checkout-branch.ts";
import { createWorkspace } from "#server/workspaces/create-workspace.ts";
import { removeWorkspace } from "#server/workspaces/remove-workspace.ts";
import { runSetupCommand } from "#server/workspaces/run-setup-command.ts";
import {
  makeWorkspaceFolders,
  type WorkspaceFolders,
} from "#server/workspaces/workspace-folders.ts";
import { changeOwnSession, type Ownership } from "../change-session.ts";
import { workBranchOf } from "./work-branch.ts";
import { type ActorView, planKey } from "./actor-view.ts";
import { openSessionSandbox } from "./open-session-sandbox.ts";
import type { PreparationRecorder, StepContext } from "./preparation-recorder.ts";

const BRANCH_TIMEOUT_MS = 120_000;

interface WorkspaceOptions {
  ownership: Ownership;
  view: ActorView;
  repository: Repository;
  folders: WorkspaceFolders;
  /** As `beginWorkspace` found it. */
  isComplete: boolean;
  preparation: PreparationRecorder;
  signal: AbortSignal;
}

/**
 * Makes the folders that a session's processes start in; true when the whole workspace is there already. One that is
 * half made, or made from a plan that was changed since, is removed before, unless an agent has worked in it.
 */
export async function beginWorkspace(
  services: Services,
  { ownership, view, folders }: Pick<WorkspaceOptions, "ownership" | "view" | "folders">,
): Promise<boolean> {
  const isComplete = await isWorkspaceComplete(services, ownership, view);
  if (!isComplete && !view.ready) await forgetWorkspace(services, ownership, folders);
  await makeWorkspaceFolders(folders);
  return isComplete;
}

/** The steps `clone`, `branch` and `setup`, or none of them when an earlier attempt has finished all three. */
export async function makeWorkspace(services: Services, options: WorkspaceOptions): Promise<void> {
  const { preparation, signal } = options;
  if (options.isComplete) {
    for (const step of ["clone", "branch", "setup"] as const) await preparation.skip(step);
    return;
  }
  const { CLONE_TIMEOUT_MS, SETUP_COMMAND_TIMEOUT_MS } = services.environment;
  const commandCount = options.view.setupCommands.length;
  const { defaultBranch } = await preparation.step(
    "clone",
    { timeoutMs: CLONE_TIMEOUT_MS, signal },
    (step) => clone(services, options, step),
  );
  await preparation.step("branch", { timeoutMs: BRANCH_TIMEOUT_MS, signal }, (step) =>
    branch(services, { ...options, defaultBranch }, step),
  );
  // A grace beyond the commands' own limits, whose message is the better one.
  const setupTimeoutMs = SETUP_COMMAND_TIMEOUT_MS * Math.max(1, commandCount) + 30_000;
  await preparation.step("setup", { timeoutMs: setupTimeoutMs, signal }, async (step) => {
    await setUp(services, options, step);
    await recordWorkspace(services, options, { state: "prepared" });
  });
}

/**
 * True when the folder was made whole from the present plan, by the row; the row of another host's folder does not
 * count. A folder that an agent has worked in counts whatever the plan.
 */
async function isWorkspaceComplete(
  { database, hostId }: Services,
  { sessionId, generation }: Ownership,
  view: ActorView,
): Promise<boolean> {
  const [row] = await database.sql`
    select 1 from workspaces
    where session_id = ${sessionId} and generation = ${generation}
      and host_id = ${hostId} and state = 'prepared' and (${view.ready} or plan = ${planKey(view)})`;
  return row !== undefined;
}

async function clone(
  services: Services,
  options: WorkspaceOptions,
  { signal, onOutput }: StepContext,
): Promise<{ defaultBranch: string | null }> {
  const { repository, folders } = options;
  const { environment, sandbox } = services;
  const timeoutMs = environment.CLONE_TIMEOUT_MS;
  const mirror = await openMirror({
    dataDir: environment.DATA_DIR,
    repository,
    // Whether the branch exists is the next step's question.
    branch: null,
    maxBytes: environment.MIRRORS_MAX_BYTES,
    allowedPrivateHosts: environment.ALLOWED_PRIVATE_HOSTS,
    isMirrorInUse: (path) => isMirrorInUse(services, path),
    sandbox,
    signal,
    timeoutMs,
    onOutput,
  });
  try {
    await recordWorkspace(services, options, { mirrorPath: mirror.path, state: "preparing" });
    const mirrorPath = mirror.path;
    await createWorkspace({
      mirrorPath,
      repository,
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
  { ownership, view, folders, defaultBranch }: WorkspaceOptions & { defaultBranch: string | null },
  { signal, onOutput }: StepContext,
): Promise<void> {
  const checkedOut = await checkoutBranch({
    folders,
    branch: view.requestedBranch,
    defaultBranch,
    workBranch: workBranchOf(ownership.sessionId, redactText(view.title)),
    sandbox: services.sandbox,
    signal,
    timeoutMs: BRANCH_TIMEOUT_MS,
    onOutput,
  });
  await changeOwnSession(services, ownership, async (tx) => {
    await tx`
      update sessions
      set base_branch = ${checkedOut.baseBranch}, work_branch = ${checkedOut.workBranch}
      where id = ${ownership.sessionId}`;
  });
}

async function setUp(
  services: Services,
  { ownership, view, folders }: WorkspaceOptions,
  { signal, onOutput }: StepContext,
): Promise<void> {
  if (view.setupCommands.length === 0) return;
  const sandbox = await openSessionSandbox(services, { ownership, folders, onOutput });
  try {
    for (const command of view.setupCommands) {
      onOutput(`$ ${redactText(command, Object.values(view.environment))}\n`);
      await runSetupCommand({
        sandbox,
        command,
        folders,
        environment: view.environment,
        timeoutMs: services.environment.SETUP_COMMAND_TIMEOUT_MS,
        signal,
        onOutput,
      });
    }
  } finally {
    await sandbox.close();
  }
}

interface WorkspaceRow {
  mirrorPath?: string;
  state: "preparing" | "prepared";
}

async function recordWorkspace(
  services: Services,
  { ownership, view, folders }: WorkspaceOptions,
  { mirrorPath, state }: WorkspaceRow,
): Promise<void> {
  const { sessionId, generation } = ownership;
  const path = folders.basePath;
  await changeOwnSession(services, ownership, async (tx) => {
    await tx`
      insert into workspaces (session_id, generation, host_id, path, mirror_path, state, plan)
      values (${sessionId}, ${generation}, ${services.hostId}, ${path}, ${mirrorPath ?? null},
        ${state}, ${planKey(view)})
      on conflict (session_id, generation) do update
        set host_id = excluded.host_id, path = excluded.path, state = excluded.state,
          plan = excluded.plan,
          mirror_path = coalesce(excluded.mirror_path, workspaces.mirror_path), updated_at = now()`;
  });
}

/** Whether a workspace of this host borrows from the mirror. */
export async function isMirrorInUse(
  { database, hostId }: Pick<Services, "database" | "hostId">,
  path: string,
): Promise<boolean> {
  const [row] = await database.sql`
    select 1 from workspaces where host_id = ${hostId} and mirror_path = ${path} limit 1`;
  return row !== undefined;
}

/** Removes the folder, then its row: a folder without a row would never be found again. Safe to run twice. */
export async function forgetWorkspace(
  { database, environment }: Pick<Services, "database" | "environment">,
  { sessionId, generation }: Pick<Ownership, "sessionId" | "generation">,
  folders: WorkspaceFolders,
): Promise<void> {
  await removeWorkspace({ dataDir: environment.DATA_DIR, path: folders.basePath });
  await database.sql`
    delete from workspaces where session_id = ${sessionId} and generation = ${generation}`;
}
