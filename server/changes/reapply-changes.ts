import { isAppError } from "#lib/errors.ts";
import { FILE_PATCH_MAX_BYTES } from "#lib/limits.ts";
import { feedScript, type WorkspaceShell } from "#server/checkpoints/workspace-script.ts";
import type { Services } from "#server/services.ts";
import { openChanges } from "./read-changes.ts";
import { type FilePatch, splitFilePatches } from "./split-file-patches.ts";

/** Of those that are named one by one. */
const NAMED_MAX = 100;

/**
 * Applies one file's patch to exactly what it was made from. What leads out of the work tree, through a link or by its
 * name, git refuses itself. Files of 64 MiB and more are not read.
 */
const APPLY = `
if [ -n "$1" ]; then
  [ -f "$2" ] && [ ! -L "$2" ] && [ "$(wc -c < "$2")" -lt 67108864 ]
  case "$(git hash-object -- "$2")" in "$1"*) ;; *) exit 1 ;; esac
fi
exec git -c core.fsmonitor=false apply --whitespace=nowarn -`;

interface ReapplyOptions {
  sessionId: string;
  generation: number;
  /** Of a fresh workspace. */
  shell: WorkspaceShell;
  onOutput(text: string): void;
}

/**
 * Brings what a session had changed, as last measured, to a workspace that was made anew: file by file, where the
 * repository has exactly what a change was made from. Others are left as the repository has them, and named. Fails for
 * nothing but an end that was asked for: the session goes on without what cannot be had.
 */
export async function reapplyChanges(
  services: Pick<Services, "database" | "blobs" | "log">,
  { sessionId, generation, shell, onOutput }: ReapplyOptions,
): Promise<void> {
  let appliedCount = 0;
  let leftCount = 0;
  try {
    const { stream } = await openChanges(services, { sessionId, generation });
    for await (const patch of splitFilePatches(stream, { maxBytes: FILE_PATCH_MAX_BYTES })) {
      if (await isApplied(shell, patch)) {
        appliedCount += 1;
        continue;
      }
      leftCount += 1;
      if (leftCount <= NAMED_MAX) onOutput(`Not applied: ${patch.path}\n`);
    }
  } catch (error) {
    shell.signal.throwIfAborted();
    services.log.warn({ err: error, sessionId }, "changes not applied again");
    onOutput("What else was changed is not in the store any more\n");
  }
  onOutput(`What was changed in ${countFiles(appliedCount)} is there again\n`);
  if (leftCount === 0) return;
  onOutput(
    `Changes of ${countFiles(leftCount)} are not: they are too large, or the repository has another content\n`,
  );
}

async function isApplied(shell: WorkspaceShell, { bytes, before }: FilePatch): Promise<boolean> {
  if (bytes === null) return false;
  const args = [before?.id ?? "", before?.path ?? ""];
  try {
    await feedScript(shell, { text: APPLY, args }, toStream(bytes));
    return true;
  } catch (error) {
    shell.signal.throwIfAborted();
    if (!isAppError(error)) throw error;
    return false;
  }
}

async function* toStream(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const countFiles = (count: number) => (count === 1 ? "1 file" : `${count} files`);
