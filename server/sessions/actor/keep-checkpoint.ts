import { isAppError } from "#lib/errors.ts";
import { isKept } from "#server/checkpoints/find-checkpoint.ts";
import { takeCheckpoint } from "#server/checkpoints/take-checkpoint.ts";
import type { Services } from "#server/services.ts";
import { type WorkspaceFolders, workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import type { Ownership } from "../change-session.ts";
import type { Inbox } from "../inbox.ts";
import { openSessionSandbox } from "./open-session-sandbox.ts";

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
 * Takes a checkpoint of a session whose agent has ended, unless nothing has worked in it since the last one. A prompt that
 * comes meanwhile does not wait for it. What goes wrong leaves the session with its host and is told in the checkpoint's
 * row; only the loss of the session is thrown.
 */
export async function keepCheckpoint(
  services: Services,
  { ownership, inbox, isLast, signal }: KeepOptions,
): Promise<void> {
  const { environment, log } = services;
  const workspace = await findUnkept(services, ownership);
  if (workspace === null) return;
  const folders = workspaceFolders({ dataDir: environment.DATA_DIR, ...ownership });
  const watch = watchForPrompt(services, { ownership, inbox });
  try {
    const timeoutMs = isLast ? LAST_TIMEOUT_MS : TIMEOUT_MS;
    const over = AbortSignal.any([signal, watch.signal, AbortSignal.timeout(timeoutMs)]);
    await takeIn(services, { ownership, folders, signal: over, timeoutMs, ...workspace });
  } catch (error) {
    if (isAppError(error) && (error.code === "gone" || error.code === "conflict")) throw error;
    if (watch.signal.aborted) log.debug("a prompt came before the checkpoint was whole");
    else log.warn({ err: error }, "no checkpoint: the session stays with this host");
  } finally {
    await watch.end();
  }
}

interface TakeOptions {
  ownership: Ownership;
  folders: WorkspaceFolders;
  baseCommit: string | null;
  signal: AbortSignal;
  timeoutMs: number;
}

async function takeIn(
  services: Services,
  { ownership, folders, baseCommit, signal, timeoutMs }: TakeOptions,
): Promise<void> {
  const onOutput = () => {};
  const sandbox = await openSessionSandbox(services, { ownership, folders, onOutput });
  try {
    await takeCheckpoint(services, {
      ownership,
      shell: { sandbox, folders, signal, timeoutMs },
      baseCommit,
      maxBytes: services.environment.CHECKPOINT_MAX_BYTES,
    });
  } finally {
    await sandbox.close();
  }
}

/** Null for a session that has not worked yet, has no whole folder here, or is kept as it is. */
async function findUnkept(
  { database: { sql }, hostId }: Services,
  { sessionId, generation }: Ownership,
): Promise<{ baseCommit: string | null } | null> {
  const [row] = await sql<{ baseCommit: string | null }[]>`
    select base_commit as "baseCommit"
    from workspaces join sessions
      on sessions.id = session_id and sessions.generation = workspaces.generation
    where session_id = ${sessionId} and workspaces.generation = ${generation}
      and host_id = ${hostId} and state = 'prepared' and ready_at is not null
      and not ${isKept(sql, "sessions")}`;
  return row ?? null;
}

/** Aborted when the session has something to do. */
function watchForPrompt(
  { database: { sql }, log }: Services,
  { ownership, inbox }: Pick<KeepOptions, "ownership" | "inbox">,
) {
  const found = new AbortController();
  const ended = new AbortController();
  const watch = async () => {
    while (!ended.signal.aborted && !found.signal.aborted) {
      const [row] = await sql`
        select 1 from prompts
        where session_id = ${ownership.sessionId} and generation = ${ownership.generation}
          and status = 'accepted' limit 1`;
      if (row) found.abort(new Error("A prompt is waiting"));
      else await inbox.wait(ended.signal);
    }
  };
  const watching = watch().catch((error: unknown) => log.warn({ err: error }, "not watched"));
  return {
    signal: found.signal,
    async end() {
      ended.abort();
      await watching;
    },
  };
}
