import { AppError } from "#lib/errors.ts";
import {
  findGivenAttachments,
  restoreAttachments,
} from "#server/attachments/restore-attachments.ts";
import { findChanges } from "#server/changes/read-changes.ts";
import { reapplyChanges } from "#server/changes/reapply-changes.ts";
import { type Checkpoint, findCheckpoint, isKept } from "#server/checkpoints/find-checkpoint.ts";
import { arePartsStored, restoreCheckpoint } from "#server/checkpoints/restore-checkpoint.ts";
import { LFS_ENVIRONMENT } from "#server/lfs/checkout-lfs.ts";
import type { Provision } from "#server/profiles/read-provision.ts";
import type { Services } from "#server/services.ts";
import { type GitContext, runGit } from "#server/workspaces/run-git.ts";
import type { WorkspaceFolders } from "#server/workspaces/workspace-folders.ts";
import type { Ownership } from "../change-session.ts";
import { openSessionSandbox } from "./open-session-sandbox.ts";
import type { StepContext } from "./preparation-recorder.ts";

/** How a session that has worked before comes to a folder on this host. */
export interface Restore {
  checkpoint: Checkpoint;
  /** False when the store does not have its bytes. */
  isStored: boolean;
  base: { baseBranch: string; commit: string | null };
  workBranch: string | null;
}

/** Null when the session has no checkpoint that holds all of its work. */
export async function findRestore(
  services: Pick<Services, "database" | "blobs">,
  { sessionId, generation }: Pick<Ownership, "sessionId" | "generation">,
): Promise<Restore | null> {
  const { sql } = services.database;
  const checkpoint = await findCheckpoint(sql, { sessionId, generation });
  if (checkpoint === null) return null;
  const [row] = await sql<{ baseBranch: string | null; workBranch: string | null }[]>`
    select base_branch as "baseBranch", work_branch as "workBranch"
    from sessions where id = ${sessionId}`;
  return {
    checkpoint,
    isStored: await arePartsStored(services, checkpoint),
    base: { baseBranch: row?.baseBranch ?? "main", commit: checkpoint.baseCommit },
    workBranch: row?.workBranch ?? null,
  };
}

/** For a session that has worked before, whose folder is not where it should be, and which no checkpoint holds. */
export const missingFiles = () =>
  new AppError(
    "unavailable",
    "This session's files are gone from its host, and nothing else has them",
    {
      details: { reason: "files_missing" },
    },
  );

interface BaseOptions extends Omit<GitContext, "homePath"> {
  folders: WorkspaceFolders;
  restore: Restore;
}

/** Throws `unavailable` when the repository has lost the commit that the session began from. */
export async function requireBase({ folders, restore, ...context }: BaseOptions): Promise<void> {
  const { commit } = restore.base;
  if (commit === null) return;
  const { repositoryPath: cwd, homePath } = folders;
  const args = ["cat-file", "-e", `${commit}^{commit}`];
  await runGit({ ...context, cwd, homePath, args }).catch((cause: unknown) => {
    context.signal.throwIfAborted();
    throw new AppError(
      "unavailable",
      "The repository no longer has the commit that this session began from",
      { details: { reason: "base_missing", commit }, cause },
    );
  });
}

interface RestoreOptions {
  ownership: Ownership;
  folders: WorkspaceFolders;
  restore: Restore;
  /** Files in Git LFS are there, as far as they can be had. */
  provision: Pick<Provision, "lfs">;
  timeoutMs: number;
}

/** The step `restore`. */
export async function restoreWorkspace(
  services: Services,
  { ownership, folders, restore: { checkpoint }, provision, timeoutMs }: RestoreOptions,
  { signal, onOutput }: StepContext,
): Promise<void> {
  const sandbox = await openSessionSandbox(services, { ownership, folders, onOutput });
  try {
    const environment = provision.lfs ? LFS_ENVIRONMENT : {};
    const shell = { sandbox, folders, signal, timeoutMs, environment };
    await restoreCheckpoint(services, { checkpoint, shell, onOutput });
    const bench = { sandbox, ...folders };
    await restoreAttachments(services, { ownership, bench, signal, onOutput });
  } finally {
    await sandbox.close();
  }
}

/** Whether there is anything for `bringKept`. */
export async function hasKept(
  services: Pick<Services, "database" | "blobs">,
  ownership: Ownership,
): Promise<boolean> {
  return (
    (await hasPatch(services, ownership)) ||
    (await findGivenAttachments(services, ownership)).length > 0
  );
}

const hasPatch = async (services: Pick<Services, "database" | "blobs">, ownership: Ownership) =>
  (await findChanges(services, ownership))?.hasPatch === true;

/**
 * The step `restore` of a session that begins anew: what of its changes fits the repository as it is now, and the files
 * that came with its prompts.
 */
export async function bringKept(
  services: Services,
  { ownership, folders, timeoutMs }: Omit<RestoreOptions, "restore" | "provision">,
  { signal, onOutput }: StepContext,
): Promise<void> {
  const sandbox = await openSessionSandbox(services, { ownership, folders, onOutput });
  try {
    const shell = { sandbox, folders, signal, timeoutMs };
    if (await hasPatch(services, ownership))
      await reapplyChanges(services, { ...ownership, shell, onOutput });
    const bench = { sandbox, ...folders };
    await restoreAttachments(services, { ownership, bench, signal, onOutput });
  } finally {
    await sandbox.close();
  }
}

/** Whether a session that has worked before has a folder here that is not whole: its files are in a checkpoint. */
export async function isHalfRestored(
  { database: { sql }, hostId }: Pick<Services, "database" | "hostId">,
  { sessionId, generation }: Pick<Ownership, "sessionId" | "generation">,
): Promise<boolean> {
  const [row] = await sql`
    select 1
    from workspaces join sessions
      on sessions.id = session_id and sessions.generation = workspaces.generation
    where session_id = ${sessionId} and workspaces.generation = ${generation}
      and host_id = ${hostId} and state = 'preparing' and ready_at is not null
      and ${isKept(sql, "sessions")}`;
  return row !== undefined;
}
