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
  "They are too large, do not say what they were made from, or the repository has another content\n";

/**
 * Applies patches, all or none, to exactly what they were made from: pairs of an id's beginning and a path. What leads
 * out of the work tree, through a link or by its name, git refuses itself. Files of 64 MiB and more are not read.
 */
const APPLY = `
while [ $# -gt 0 ]; do
  [ -f "$2" ] || exit 1
  [ ! -L "$2" ] || exit 1
  [ "$(wc -c < "$2")" -lt 67108864 ] || exit 1
  case "$(git hash-object -- "$2")" in "$1"*) ;; *) exit 1 ;; esac
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
 * repository has exactly what a change was made from. Others are left as the repository has them, and named. Fails for
 * nothing but an end that was asked for: the session goes on without what cannot be had, or not in time.
 */
export async function reapplyChanges(
  services: Pick<Services, "database" | "blobs" | "log">,
  { sessionId, generation, shell, onOutput, timeoutMs = REAPPLY_TIMEOUT_MS }: ReapplyOptions,
): Promise<void> {
  const overdue = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([shell.signal, overdue]);
  let fileCount = 0;
  let appliedCount = 0;
  let leftCount = 0;
  try {
    fileCount = (await findChanges(services, { sessionId, generation }))?.fileCount ?? 0;
    const { stream } = await openChanges(services, { sessionId, generation });
    const patches = splitFilePatches(addAbortSignal(signal, stream), {
      maxBytes: FILE_PATCH_MAX_BYTES,
    });
    for await (const { path, isApplied } of applyAll({ ...shell, signal }, patches)) {
      if (isApplied) appliedCount += 1;
      else leftCount += 1;
      if (!isApplied && leftCount <= NAMED_MAX) onOutput(`Not applied: ${path}\n`);
    }
    if (leftCount > 0) onOutput(LEFT);
  } catch (error) {
    shell.signal.throwIfAborted();
    services.log.warn({ err: error, sessionId }, "changes not applied again");
    leftCount = Math.max(leftCount, fileCount - appliedCount);
    onOutput(
      overdue.aborted
        ? `What else was changed was not applied within ${durationInWords(timeoutMs)}\n`
        : "What else was changed is not in the store any more\n",
    );
  }
  onOutput(`What was changed in ${countFiles(appliedCount)} is there again\n`);
  if (leftCount > 0) onOutput(`Changes of ${countFiles(leftCount)} are not\n`);
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
    if (group.length === GROUP_FILES_MAX || groupBytes + bytes.length > FILE_PATCH_MAX_BYTES) {
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
  const args = group.flatMap(({ before }) => (before === null ? [] : [before.id, before.path]));
  try {
    await feedScript(shell, { text: APPLY, args }, toStream(group));
    return true;
  } catch (error) {
    shell.signal.throwIfAborted();
    if (!isAppError(error)) throw error;
    return false;
  }
}

async function* toStream(group: WholePatch[]): AsyncGenerator<Uint8Array> {
  for (const { bytes } of group) yield bytes;
}

const countFiles = (count: number) => (count === 1 ? "1 file" : `${count} files`);
