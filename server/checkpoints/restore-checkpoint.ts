import { createHash } from "node:crypto";
import { AppError, isAppError } from "#lib/errors.ts";
import { openBlob } from "#server/blobs/open-blob.ts";
import type { Services } from "#server/services.ts";
import type { PartKind } from "./checkpoint-parts.ts";
import type { Checkpoint } from "./find-checkpoint.ts";
import { unpackWorkspace } from "./unpack-workspace.ts";
import type { WorkspaceShell } from "./workspace-script.ts";

type Needs = Pick<Services, "database" | "blobs">;

interface RestoreOptions {
  checkpoint: Checkpoint;
  /** Of a workspace with the checkpoint's base commit checked out. */
  shell: WorkspaceShell;
  onOutput(text: string): void;
}

/**
 * Brings a fresh workspace to where the session had left it: branches, staged and unstaged changes, untracked files, and
 * the agent's own state. Bytes go from the store to disk as they come. Throws `unavailable` with the detail `reason`
 * `checkpoint_missing` or `checkpoint_damaged`. Safe to run again; who calls marks the workspace whole.
 */
export async function restoreCheckpoint(
  services: Needs,
  { checkpoint, shell, onOutput }: RestoreOptions,
): Promise<void> {
  try {
    const open = (kind: PartKind) => openPart(services, checkpoint, kind);
    const lfs = openLfs(services, checkpoint);
    await unpackWorkspace({ git: checkpoint.git, shell, open, lfs, onOutput });
  } catch (cause) {
    shell.signal.throwIfAborted();
    throw nameFailure(cause);
  }
  onOutput("Commits, changed files and what the agent knew are there\n");
  onOutput("Files that the repository ignores are not kept\n");
}

/** Whether the store has all of it, as far as can be told without reading it. */
export async function arePartsStored(services: Needs, { parts }: Checkpoint): Promise<boolean> {
  for (const { blobId } of parts) {
    try {
      (await openBlob(services, blobId, { length: 1 })).stream.destroy();
    } catch (error) {
      if (isAppError(error) && error.code === "not_found") return false;
      throw error;
    }
  }
  return true;
}

/** The bytes of a part as they were stored; a digest that differs fails the stream at its end. */
export async function* openPart(
  services: Needs,
  { parts }: Checkpoint,
  kind: PartKind,
): AsyncGenerator<Uint8Array> {
  const part = parts.find((candidate) => candidate.kind === kind);
  if (!part) throw missingCheckpoint();
  const { stream, sha256 } = await openBlob(services, part.blobId);
  const hash = createHash("sha256");
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest("hex") !== sha256) throw damaged();
}

/** The session's own objects of Git LFS, as `openPart`; null where it had none. */
export const openLfs = (services: Needs, checkpoint: Checkpoint) =>
  checkpoint.parts.some(({ kind }) => kind === "lfs")
    ? openPart(services, checkpoint, "lfs")
    : null;

/** What goes wrong with bytes of ours is told as that, not in the words of git. */
function nameFailure(cause: unknown): unknown {
  if (!isAppError(cause)) return cause;
  const reason = cause.details["reason"];
  if (cause.code === "not_found") return missingCheckpoint(cause);
  return reason === "corrupt" || reason === "unknown" ? damaged(cause) : cause;
}

export const missingCheckpoint = (cause?: unknown) =>
  new AppError("unavailable", "What was kept of this session's files is not in the store", {
    details: { reason: "checkpoint_missing" },
    cause,
  });

const damaged = (cause?: unknown) =>
  new AppError("unavailable", "What was kept of this session's files is damaged", {
    details: { reason: "checkpoint_damaged" },
    cause,
  });
