import { statfs } from "node:fs/promises";
import { isKept } from "#server/checkpoints/find-checkpoint.ts";
import type { Services } from "#server/services.ts";
import { removeWorkspace } from "#server/workspaces/remove-workspace.ts";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { removeStrayWorkspaces } from "./actor/remove-stray-workspaces.ts";

const INTERVAL_MS = 60_000;
const DAY_MS = 24 * 3_600_000;

type Needs = Pick<Services, "database" | "environment" | "hostId" | "log">;

export interface WorkspaceKeeper {
  /** Resolves when nothing of it runs any more. */
  stop(): Promise<void>;
}

/** Clears this machine of workspaces that nobody needs here, every minute. */
export function startWorkspaceKeeper(services: Needs): WorkspaceKeeper {
  const stopping = new AbortController();
  let keeping: Promise<void> | null = null;
  const keep = () => {
    keeping ??= keepWorkspaces(services, stopping.signal)
      .catch((error: unknown) => services.log.warn({ err: error }, "workspaces not cleared"))
      .finally(() => (keeping = null));
  };
  const timer = setInterval(keep, INTERVAL_MS);
  return {
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await keeping;
    },
  };
}

/**
 * Removes the folders of deleted sessions, and of those that have rested for `WORKSPACE_KEPT_DAYS`; while the disk is
 * nearly full, of all that rest, those first that have rested longest. Safe to run twice and beside workers.
 */
export async function keepWorkspaces(services: Needs, signal: AbortSignal): Promise<void> {
  const { environment, log } = services;
  await removeStrayWorkspaces(services);
  while (!signal.aborted) {
    const isFull = await isDiskNearlyFull(environment);
    const restedMs = isFull ? 0 : environment.WORKSPACE_KEPT_DAYS * DAY_MS;
    const sessionId = await removeRested(services, restedMs);
    if (sessionId === null) return;
    log.info({ sessionId, isFull }, "workspace removed, its checkpoint stays");
  }
}

async function isDiskNearlyFull({ DATA_DIR, MIN_FREE_DISK_BYTES }: Needs["environment"]) {
  const { bavail, bsize } = await statfs(DATA_DIR);
  return bavail * bsize < MIN_FREE_DISK_BYTES;
}

/**
 * One workspace of this host whose checkpoint holds all of its work, and that nobody has; null when there is none. Its
 * lease is locked meanwhile: whoever wants to go on with the session waits, and then finds no folder.
 */
async function removeRested(
  { database: { sql }, environment, hostId }: Needs,
  restedMs: number,
): Promise<string | null> {
  return sql.begin(async (tx) => {
    const [row] = await tx<{ sessionId: string; generation: number }[]>`
      select workspaces.session_id as "sessionId", workspaces.generation
      from workspaces
        join sessions on sessions.id = session_id and sessions.generation = workspaces.generation
        join leases on leases.session_id = sessions.id
        cross join lateral (
          select max(completed_at) as kept_at from checkpoints
          where checkpoints.session_id = sessions.id
            and checkpoints.generation = sessions.generation and state = 'complete'
        ) as rest
      where workspaces.host_id = ${hostId} and leases.process_id is null
        and kept_at <= now() - make_interval(secs => ${restedMs / 1_000})
        and not exists (
          select from prompts
          where prompts.session_id = sessions.id and prompts.generation = sessions.generation
            and prompts.status <> 'settled'
        )
        and ${isKept(tx, "sessions")}
      order by kept_at
      limit 1
      for update of leases skip locked`;
    if (!row) return null;
    const { sessionId, generation } = row;
    await tx`
      delete from workspaces where session_id = ${sessionId} and generation = ${generation}`;
    const { DATA_DIR: dataDir } = environment;
    const { basePath: path } = workspaceFolders({ dataDir, sessionId, generation });
    await removeWorkspace({ dataDir, path });
    return sessionId;
  });
}
