import { AppError, isAppError, toAppError } from "#lib/errors.ts";
import type { SavedGit } from "#drizzle/schema/checkpoints.ts";
import { clearDeletedBlobs, markBlobsDeleted } from "#server/blobs/delete-blobs.ts";
import { writeBlob } from "#server/blobs/write-blob.ts";
import type { Sql, TransactionSql } from "#server/database/database.ts";
import type { Services } from "#server/services.ts";
import { type Ownership, requireOwnership } from "#server/sessions/change-session.ts";
import { packBundle, packHome, type PartKind, partMimes } from "./checkpoint-parts.ts";
import { findLfs, packLfs } from "./pack-lfs.ts";
import { dropKeptLfs, saveWorkTree, tooLarge } from "./save-work-tree.ts";
import { readScript, runScript, type Script, type WorkspaceShell } from "./workspace-script.ts";

type Needs = Pick<Services, "database" | "blobs" | "log">;

interface TakeOptions {
  ownership: Ownership;
  shell: WorkspaceShell;
  /** Where the agent's branch began. */
  baseCommit: string | null;
  /** Of all parts together. */
  maxBytes: number;
}

interface StoredPart {
  kind: PartKind;
  blobId: string;
  bytes: number;
}

/**
 * Stores what the session needs to go on with another disk; nothing of it may run meanwhile. The row says `complete` last
 * and in one transaction with its parts, under the session's fence: what was killed on the way counts for nothing and is
 * swept. Then the one before goes. On failure the row keeps why, and the error comes through. Safe to run again.
 */
export async function takeCheckpoint(services: Needs, options: TakeOptions): Promise<void> {
  const { ownership, shell, baseCommit, maxBytes } = options;
  const { sql } = services.database;
  const sequence = await beginCheckpoint(sql, ownership, baseCommit);
  const parts: StoredPart[] = [];
  let replaced: string[];
  try {
    const git = await saveWorkTree(shell, { maxBytes, keepLfs: true });
    const budget = createBudget(maxBytes);
    const hasLfs = (await runScript(shell, findLfs(git, baseCommit))) !== "";
    for (const [kind, script] of [
      ["bundle", packBundle(git, baseCommit)],
      ["home", packHome],
      ...(hasLfs ? [["lfs", packLfs(git, baseCommit)] as const] : []),
    ] as const) {
      parts.push(await storePart(services, { ...options, kind, script, budget }));
    }
    replaced = await completeCheckpoint(sql, { ownership, sequence, git, parts });
  } catch (cause) {
    // What gave way to something else has not failed.
    const { aborted, reason } = shell.signal;
    const error = aborted && !isAppError(reason) ? null : toAppError(aborted ? reason : cause);
    await recordFailure(sql, { ownership, sequence, parts, error });
    throw aborted ? reason : cause;
  } finally {
    await dropKeptLfs(services, shell);
  }
  await clearDeletedBlobs(services, replaced);
}

async function beginCheckpoint(
  sql: Sql,
  ownership: Ownership,
  baseCommit: string | null,
): Promise<number> {
  const { sessionId, generation, fence } = ownership;
  return sql.begin(async (tx) => {
    await requireOwnership(tx, ownership);
    // The parts of one that was killed are of no row: they are swept.
    await tx`
      delete from checkpoints
      where session_id = ${sessionId} and generation = ${generation} and state <> 'complete'`;
    const [row] = await tx<{ sequence: number }[]>`
      insert into checkpoints (session_id, generation, sequence, fence, state, base_commit)
      select ${sessionId}, ${generation}, coalesce(max(sequence), 0) + 1, ${fence}, 'writing', ${baseCommit}
      from checkpoints where session_id = ${sessionId} and generation = ${generation}
      returning sequence`;
    return row!.sequence;
  });
}

interface PartOptions extends TakeOptions {
  kind: PartKind;
  script: Script;
  budget: ReturnType<typeof createBudget>;
}

async function storePart(
  services: Needs,
  { ownership, shell, kind, script, budget }: PartOptions,
): Promise<StoredPart> {
  const { sessionId, generation } = ownership;
  const { blobId, bytes } = await writeBlob(services, {
    sessionId,
    generation,
    purpose: "checkpoint",
    mime: partMimes[kind],
    name: kind,
    source: budget.take(readScript(shell, script)),
    signal: shell.signal,
  });
  return { kind, blobId, bytes };
}

/** One limit for several streams. */
export function createBudget(maxBytes: number) {
  let left = maxBytes;
  return {
    async *take(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of source) {
        left -= chunk.length;
        if (left < 0) throw tooLarge(maxBytes);
        yield chunk;
      }
    },
  };
}

interface CompleteOptions {
  ownership: Ownership;
  sequence: number;
  git: SavedGit;
  parts: StoredPart[];
}

/** Answers the blobs of those before, whose bytes may go now. */
async function completeCheckpoint(
  sql: Sql,
  { ownership, sequence, git, parts }: CompleteOptions,
): Promise<string[]> {
  const { sessionId, generation } = ownership;
  return sql.begin(async (tx) => {
    await requireOwnership(tx, ownership);
    const completed = await tx`
      update checkpoints
      set state = 'complete', git = ${JSON.stringify(git)}::text::jsonb, completed_at = now(),
        bytes = ${parts.reduce((sum, { bytes }) => sum + bytes, 0)}
      where session_id = ${sessionId} and generation = ${generation} and sequence = ${sequence}
        and state = 'writing'
      returning 1`;
    if (completed.length === 0) throw new AppError("gone", "The session was deleted");
    for (const { kind, blobId, bytes } of parts) {
      await tx`
        insert into checkpoint_parts (session_id, generation, sequence, kind, blob_id, bytes)
        values (${sessionId}, ${generation}, ${sequence}, ${kind}, ${blobId}, ${bytes})`;
    }
    return removeCheckpoints(tx, { sessionId, generation, before: sequence });
  });
}

/** Lets go of checkpoints, all or those `before` one; answers their blobs, whose bytes may go after the commit. */
export async function removeCheckpoints(
  tx: TransactionSql,
  { sessionId, generation, before = null }: CheckpointRange,
): Promise<string[]> {
  const parts = await tx<{ blobId: string }[]>`
    select blob_id as "blobId" from checkpoint_parts
    where session_id = ${sessionId} and generation = ${generation}
      and sequence < coalesce(${before}::integer, sequence + 1)`;
  await tx`
    delete from checkpoints
    where session_id = ${sessionId} and generation = ${generation}
      and sequence < coalesce(${before}::integer, sequence + 1)`;
  const blobIds = parts.map(({ blobId }) => blobId);
  await markBlobsDeleted(tx, blobIds);
  return blobIds;
}

interface CheckpointRange {
  sessionId: string;
  generation: number;
  before?: number | null;
}

interface FailureOptions {
  ownership: Ownership;
  sequence: number;
  parts: StoredPart[];
  /** Null: nothing is told. */
  error: AppError | null;
}

/**
 * A row that another owner has replaced is left alone, and so are the parts of one that is complete after all: the answer
 * to a commit may be lost. The update waits for such a commit, so that the parts are looked at after it.
 */
async function recordFailure(
  sql: Sql,
  { ownership, sequence, parts, error }: FailureOptions,
): Promise<void> {
  const { sessionId, generation, fence } = ownership;
  await sql`
    update checkpoints set state = 'failed', message = ${error?.message ?? null}
    where session_id = ${sessionId} and generation = ${generation} and sequence = ${sequence}
      and fence = ${fence} and state = 'writing'`;
  await sql`
    update blobs set state = 'deleting'
    where id = any(${parts.map(({ blobId }) => blobId)}::uuid[])
      and not exists (select from checkpoint_parts where blob_id = blobs.id)`;
}
