import { durationInWords } from "#lib/duration-in-words.ts";
import { AppError, isAppError } from "#lib/errors.ts";
import { measureChanges } from "#server/changes/measure-changes.ts";
import { isKept } from "#server/checkpoints/find-checkpoint.ts";
import { takeCheckpoint } from "#server/checkpoints/take-checkpoint.ts";
import type { WorkspaceShell } from "#server/checkpoints/workspace-script.ts";
import type { Services } from "#server/services.ts";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { isOwnershipLost, type Ownership } from "../change-session.ts";
import type { Inbox } from "../inbox.ts";
import { openSessionSandbox } from "./open-session-sandbox.ts";
import { watchForPrompt } from "./watch-for-prompt.ts";

const TIMEOUT_MS = 10 * 60_000;
/** Of a process that ends: what is left of its time after its turns. */
const LAST_TIMEOUT_MS = 8_000;

interface KeepOptions {
  ownership: Ownership;
  inbox: Inbox;
  /** The process ends. */
  isLast: boolean;
  /** The lease is lost. */
  signal: AbortSignal;
}

/**
 * Stores what a turn has changed. A failure leaves what was stored before, and so does a process that ends: its time is
 * for the checkpoint.
 */
export async function keepChanges(services: Services, options: KeepOptions): Promise<void> {
  if (options.isLast) return;
  await besides(services, options, {
    unlessKept: false,
    run: (shell, baseCommit) =>
      measureChanges(services, { ownership: options.ownership, shell, baseCommit }),
  });
}

/**
 * Takes a checkpoint of a session whose agent has ended, unless nothing has worked in it since the last one. What goes
 * wrong leaves the session with its host and is told in the checkpoint's row.
 */
export function keepCheckpoint(services: Services, options: KeepOptions): Promise<void> {
  const { CHECKPOINT_MAX_BYTES: maxBytes } = services.environment;
  return besides(services, options, {
    unlessKept: true,
    run: (shell, baseCommit) =>
      takeCheckpoint(services, { ownership: options.ownership, shell, baseCommit, maxBytes }),
  });
}

interface Work {
  /** Nothing is done for a session that a checkpoint holds as it is. */
  unlessKept: boolean;
  run(shell: WorkspaceShell, baseCommit: string | null): Promise<void>;
}

/**
 * Works on the files of a session that has nothing to do; a prompt that comes meanwhile does not wait for it. Only the
 * loss of the session is thrown.
 */
async function besides(
  services: Services,
  { ownership, inbox, isLast, signal }: KeepOptions,
  { unlessKept, run }: Work,
): Promise<void> {
  const { environment, log } = services;
  const workspace = await findWorkspace(services, ownership, { unlessKept });
  if (workspace === null) return;
  const folders = workspaceFolders({ dataDir: environment.DATA_DIR, ...ownership });
  const watch = watchForPrompt(services, { ownership, inbox });
  const timeoutMs = isLast ? LAST_TIMEOUT_MS : TIMEOUT_MS;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(overdue(timeoutMs)), timeoutMs);
  try {
    const over = AbortSignal.any([signal, watch.signal, late.signal]);
    const sandbox = await openSessionSandbox(services, { ownership, folders, onOutput: () => {} });
    try {
      await run({ sandbox, folders, signal: over, timeoutMs }, workspace.baseCommit);
    } finally {
      await sandbox.close();
    }
  } catch (error) {
    if (isOwnershipLost(error) || (isAppError(error) && error.code === "gone")) throw error;
    if (watch.signal.aborted || signal.aborted) log.debug("the session's files were not kept");
    else log.warn({ err: error }, "the session's files could not be kept");
  } finally {
    clearTimeout(timer);
    await watch.end();
  }
}

const overdue = (timeoutMs: number) =>
  new AppError("unavailable", `They could not be read within ${durationInWords(timeoutMs)}`, {
    details: { timeoutMs },
  });

/** Null for a session that has not worked yet, or has no whole folder here. */
async function findWorkspace(
  { database: { sql }, hostId }: Services,
  { sessionId, generation }: Ownership,
  { unlessKept }: { unlessKept: boolean },
): Promise<{ baseCommit: string | null } | null> {
  const [row] = await sql<{ baseCommit: string | null }[]>`
    select base_commit as "baseCommit"
    from workspaces join sessions
      on sessions.id = session_id and sessions.generation = workspaces.generation
    where session_id = ${sessionId} and workspaces.generation = ${generation}
      and host_id = ${hostId} and state = 'prepared' and ready_at is not null
      and not (${unlessKept} and ${isKept(sql, "sessions")})`;
  return row ?? null;
}
