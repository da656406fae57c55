import { addAbortSignal } from "node:stream";
import { durationInWords } from "#lib/duration-in-words.ts";
import { isAppError } from "#lib/errors.ts";
import { FILE_PATCH_MAX_BYTES } from "#lib/limits.ts";
import { feedScript, type WorkspaceShell } from "#server/checkpoints/workspace-script.ts";
import type { Services } from "#server/services.ts";
import { findChanges, openChanges } from "./read-changes.ts";
import { type FilePatch, splitFilePatches } from "./split-file-patches.ts";

/** Of those that are named one by one. */
const NAMED_MAX = 100;
/** Well within the step that it is part of: what is not done by then is left, and the session goes on. */
const REAPPLY_TIMEOUT_MS = 120_000;
/** Of those that one process applies; together they are no larger than one may be. */
const GROUP_FILES_MAX = 50;

const LEFT =
  "They are too large or in Git LFS, do not say what they were made from, or the repository has another content\n";

/**
 * Applies patches, all or none, to exactly what they were made from: pairs of an id's beginning and a path, or of the
 * word `binary` and a path, which must be none of Git LFS. What leads out of the work tree, through a link or by its name,
 * git refuses itself. Files of 64 MiB and more are not read.
 */
const APPLY = `
requireContent() {
  [ -f "$2" ] || exit 1
  [ ! -L "$2" ] || exit 1
  [ "$(wc -c < "$2")" -lt 67108864 ] || exit 1
  case "$(git hash-object -- "$2")" in "$1"*) ;; *) exit 1 ;; esac
}
while [ $# -gt 0 ]; do
  if [ "$1" = binary ]; then
    case "$(git check-attr filter -- "$2")" in *": lfs") exit 1 ;; esac
  else
    requireContent "$1" "$2"
  fi
  shift 2
done
exec git -c core.fsmonitor=false apply --whitespace=nowarn -`;

interface ReapplyOptions {
  sessionId: string;
  generation: number;
  /** Of a fresh workspace. */
  shell: WorkspaceShell;
  onOutput(text: string): void;
  timeoutMs?: number;
}

/**
 * Brings what a session had changed, as last measured, to a workspace that was made anew: file by file, where the
 * repository has exactly what a change was made from. Others are left as the repository has them, and named, and so is
 * what the store has lost or what is not done in time. All that may well succeed later is thrown: the patch is the last
 * that has the work, and the next turn replaces it. Then the workspace has some of it and must be made anew once more.
 */
export async function reapplyChanges(
  services: Pick<Services, "database" | "blobs" | "log">,
  { shell, onOutput, timeoutMs = REAPPLY_TIMEOUT_MS, ...session }: ReapplyOptions,
): Promise<void> {
  const overdue = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([shell.signal, overdue]);
  const fileCount = (await findChanges(services, session))?.fileCount ?? 0;
  const counts = { applied: 0, left: 0 };
  try {
    const { stream } = await openChanges(services, session);
    await applyStream(addAbortSignal(signal, stream), {
      shell: { ...shell, signal },
      onOutput,
      counts,
    });
  } catch (error) {
    shell.signal.throwIfAborted();
    const isOverdue = overdue.aborted && !isAppError(error);
    if (!isOverdue && !isGone(error)) throw error;
    services.log.warn({ err: error, sessionId: session.sessionId }, "changes not applied again");
    counts.left = Math.max(counts.left, fileCount - counts.applied);
    onOutput(
      isOverdue
        ? `What else was changed was not applied within ${durationInWords(timeoutMs)}\n`
        : "What else was changed is not in the store any more\n",
    );
  }
  onOutput(`What was changed in ${countFiles(counts.applied)} is there again\n`);
  if (counts.left > 0) onOutput(`Changes of ${countFiles(counts.left)} are not\n`);
}

const isGone = (error: unknown) => isAppError(error) && error.code === "not_found";

interface ApplyOptions extends Pick<ReapplyOptions, "shell" | "onOutput"> {
  /** Of files; counted on also where it fails. */
  counts: { applied: number; left: number };
}

async function applyStream(
  stream: AsyncIterable<Uint8Array>,
  { shell, onOutput, counts }: ApplyOptions,
): Promise<void> {
  const patches = splitFilePatches(stream, { maxBytes: FILE_PATCH_MAX_BYTES });
  for await (const { path, isApplied } of applyAll(shell, patches)) {
    counts[isApplied ? "applied" : "left"] += 1;
    if (!isApplied && counts.left <= NAMED_MAX) onOutput(`Not applied: ${path}\n`);
  }
  if (counts.left > 0) onOutput(LEFT);
}

interface Tried {
  path: string;
  isApplied: boolean;
}

async function* applyAll(
  shell: WorkspaceShell,
  patches: AsyncIterable<FilePatch>,
): AsyncGenerator<Tried> {
  let group: WholePatch[] = [];
  let groupBytes = 0;
  for await (const { bytes, ...patch } of patches) {
    if (bytes === null) {
      yield { path: patch.path, isApplied: false };
      continue;
    }
    const isFull =
      group.length === GROUP_FILES_MAX || groupBytes + bytes.length > FILE_PATCH_MAX_BYTES;
    // Those say what of the others is in Git LFS.
    if (isFull || group.at(-1)?.path.endsWith(".gitattributes") === true) {
      yield* applyGroup(shell, group);
      group = [];
      groupBytes = 0;
    }
    group.push({ ...patch, bytes });
    groupBytes += bytes.length;
  }
  yield* applyGroup(shell, group);
}

type WholePatch = FilePatch & { bytes: Buffer };

/** All at once, because every process takes its time; where that fails, half by half. */
async function* applyGroup(shell: WorkspaceShell, group: WholePatch[]): AsyncGenerator<Tried> {
  if (group.length === 0) return;
  const isApplied = await tryGroup(shell, group);
  if (isApplied || group.length === 1) {
    for (const { path } of group) yield { path, isApplied };
    return;
  }
  const middle = Math.ceil(group.length / 2);
  yield* applyGroup(shell, group.slice(0, middle));
  yield* applyGroup(shell, group.slice(middle));
}

async function tryGroup(shell: WorkspaceShell, group: WholePatch[]): Promise<boolean> {
  const args = group.flatMap(requirementOf);
  try {
    await feedScript(shell, { text: APPLY, args }, toStream(group));
    return true;
  } catch (error) {
    shell.signal.throwIfAborted();
    if (!isRefusal(error)) throw error;
    return false;
  }
}

/** Whether the script has ended by itself: not one that was never started, was lost, or had no room to write. */
const isRefusal = (error: unknown) =>
  isAppError(error) &&
  typeof error.details["exitCode"] === "number" &&
  error.details["reason"] !== "disk_full";

function requirementOf({ before, isBinary, path }: WholePatch): string[] {
  if (before !== null) return [before.id, before.path];
  return isBinary ? ["binary", path] : [];
}

async function* toStream(group: WholePatch[]): AsyncGenerator<Uint8Array> {
  for (const { bytes } of group) yield bytes;
}

const countFiles = (count: number) => (count === 1 ? "1 file" : `${count} files`);
