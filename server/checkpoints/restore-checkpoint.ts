import { createHash } from "node:crypto";
import { AppError, isAppError } from "#lib/errors.ts";
import { openBlob } from "#server/blobs/open-blob.ts";
import type { Services } from "#server/services.ts";
import {
  branchCommands,
  checkOutSaved,
  type PartKind,
  unpackBundle,
  unpackHome,
} from "./checkpoint-parts.ts";
import type { Checkpoint } from "./find-checkpoint.ts";
import { feedScript, runScript, type Script, type WorkspaceShell } from "./workspace-script.ts";

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
  const { git } = checkpoint;
  const unpack = (kind: PartKind, script: Script) =>
    naming(shell, async () => feedScript(shell, script, openPart(services, checkpoint, kind)));
  await unpack("bundle", unpackBundle);
  onOutput("Commits and changes of files are there\n");
  await naming(shell, async () => {
    const listed = await runScript(shell, {
      text: "exec git for-each-ref --format='%(refname)' refs/heads",
    });
    const present = listed.split("\n").filter((name) => name !== "");
    await feedScript(shell, checkOutSaved(git), toStream(branchCommands(git, present)));
  });
  await unpack("home", unpackHome);
  onOutput("What the agent knew is there\n");
  onOutput("Files that the repository ignores were not kept\n");
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

async function* toStream(text: string): AsyncGenerator<Uint8Array> {
  if (text !== "") yield Buffer.from(text);
}

/** The bytes of a part as they were stored; a digest that differs fails the stream at its end. */
async function* openPart(
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

/** What goes wrong with bytes of ours is told as that, not in the words of git. */
async function naming(shell: WorkspaceShell, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    shell.signal.throwIfAborted();
    if (!isAppError(cause)) throw cause;
    const { reason } = cause.details;
    if (reason === "checkpoint_damaged" || reason === "checkpoint_missing") throw cause;
    if (cause.code === "not_found") throw missingCheckpoint(cause);
    if (reason === "corrupt" || reason === "unknown") throw damaged(cause);
    throw cause;
  }
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
