import { CHANGES_MAX_BYTES } from "#lib/limits.ts";
import { AppError, isAppError } from "#lib/errors.ts";
import { clearDeletedBlobs, markBlobsDeleted } from "#server/blobs/delete-blobs.ts";
import { writeBlob } from "#server/blobs/write-blob.ts";
import { saveWorkTree } from "#server/checkpoints/save-work-tree.ts";
import {
  readScript,
  runScript,
  type Script,
  type WorkspaceShell,
} from "#server/checkpoints/workspace-script.ts";
import type { Services } from "#server/services.ts";
import { changeOwnSession, type Ownership } from "#server/sessions/change-session.ts";

type Needs = Pick<Services, "database" | "blobs" | "bus">;

interface MeasureOptions {
  ownership: Ownership;
  shell: WorkspaceShell;
  /** Where the agent's branch began. */
  baseCommit: string | null;
}

interface Measured {
  fileCount: number;
  additions: number;
  deletions: number;
  blobId: string | null;
  bytes: number;
  message: string | null;
}

/**
 * Stores what has changed in a session's files since its branch began, as one patch that git can apply: commits, what is
 * staged, what is not, and untracked files; of files that are too large for it only how many are not committed. Replaces
 * what was stored before. Safe to run again.
 */
export async function measureChanges(services: Needs, options: MeasureOptions): Promise<void> {
  const measured = await measure(services, options).catch((error: unknown) => {
    if (!isAppError(error) || error.code !== "too_large") throw error;
    return measureTooLarge(options.shell);
  });
  const replaced = await recordChanges(services, options.ownership, measured);
  await clearDeletedBlobs(services, replaced);
}

async function measure(
  services: Needs,
  { ownership, shell, baseCommit }: MeasureOptions,
): Promise<Measured> {
  const { savedCommit } = await saveWorkTree(shell, {
    maxBytes: CHANGES_MAX_BYTES,
    leaveOut: true,
  });
  const compare = (flags: string): Script => ({
    text: `exec git -c core.quotePath=false diff-tree -r -M --no-ext-diff --no-textconv --no-color ${flags} "\${1:-$(git hash-object -t tree --stdin </dev/null)}" "$2"`,
    args: [baseCommit ?? "", savedCommit],
  });
  const counts = parseCounts(await runScript(shell, compare("--shortstat")));
  const patch =
    counts.fileCount === 0
      ? { blobId: null, bytes: 0, message: null }
      : await storePatch(services, { ownership, shell, script: compare("-p --binary") });
  return { ...counts, ...patch };
}

async function measureTooLarge(shell: WorkspaceShell): Promise<Measured> {
  const text = "git ls-files -z --others --modified --exclude-standard | tr -cd '\\000' | wc -c";
  const fileCount = Number.parseInt(await runScript(shell, { text }), 10);
  const { message } = tooLarge();
  return { fileCount, additions: 0, deletions: 0, blobId: null, bytes: 0, message };
}

const tooLarge = () => new AppError("too_large", "The changes are too large to be shown");

/** ` 3 files changed, 10 insertions(+), 2 deletions(-)`, or nothing. */
function parseCounts(text: string): Pick<Measured, "fileCount" | "additions" | "deletions"> {
  const count = (word: RegExp) => Number(word.exec(text)?.[1] ?? 0);
  return {
    fileCount: count(/(\d+) files? changed/),
    additions: count(/(\d+) insertions?/),
    deletions: count(/(\d+) deletions?/),
  };
}

interface PatchOptions {
  ownership: Ownership;
  shell: WorkspaceShell;
  script: Script;
}

async function storePatch(
  services: Needs,
  { ownership: { sessionId, generation }, shell, script }: PatchOptions,
): Promise<Pick<Measured, "blobId" | "bytes" | "message">> {
  try {
    const { blobId, bytes } = await writeBlob(services, {
      sessionId,
      generation,
      purpose: "checkpoint",
      mime: "text/x-diff",
      name: "changes.patch",
      source: upTo(CHANGES_MAX_BYTES, readScript(shell, script)),
      signal: shell.signal,
    });
    return { blobId, bytes, message: null };
  } catch (error) {
    if (!isAppError(error) || error.code !== "too_large") throw error;
    return { blobId: null, bytes: 0, message: error.message };
  }
}

async function* upTo(maxBytes: number, source: AsyncIterable<Uint8Array>) {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge();
    yield chunk;
  }
}

/** Answers the blobs of what was there before. */
async function recordChanges(
  services: Needs,
  ownership: Ownership,
  { fileCount, additions, deletions, blobId, bytes, message }: Measured,
): Promise<string[]> {
  const { sessionId, generation } = ownership;
  return changeOwnSession(services, ownership, async (tx) => {
    const before = await tx<{ blobId: string | null }[]>`
      delete from workspace_changes
      where session_id = ${sessionId} and generation = ${generation}
      returning blob_id as "blobId"`;
    await tx`
      insert into workspace_changes (
        session_id, generation, blob_id, bytes, file_count, additions, deletions, message
      ) values (
        ${sessionId}, ${generation}, ${blobId}, ${bytes}, ${fileCount}, ${additions}, ${deletions},
        ${message}
      )`;
    const replaced = before.flatMap((row) => (row.blobId === null ? [] : [row.blobId]));
    await markBlobsDeleted(tx, replaced);
    return replaced;
  });
}
