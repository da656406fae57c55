import { statfs } from "node:fs/promises";
import { isKept } from "#server/checkpoints/find-checkpoint.ts";
import type { Services } from "#server/services.ts";
import {
  listSetAside,
  removeSetAside,
  setWorkspaceAside,
} from "#server/workspaces/remove-workspace.ts";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { listFolders, removeStrayWorkspaces } from "./actor/remove-stray-workspaces.ts";

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
 * Removes the folders of deleted sessions, of those that went on on another host, and of those that have rested for
 * `WORKSPACE_KEPT_DAYS`; while the disk is nearly full, of all that rest, those first that have rested longest. What
 * cannot be removed is logged and tried again by the next pass. Safe to run twice and beside workers.
 */
export async function keepWorkspaces(services: Needs, signal: AbortSignal): Promise<void> {
  const { environment, log } = services;
  const pass: Pass = { triedIds: [], stuckPaths: new Set() };
  await removeStrayWorkspaces(services);
  await setMovedAside(services);
  // Of a process that was killed before it came to them, too.
  await removeRemains(services, pass);
  while (!signal.aborted) {
    const isFull = await isDiskNearlyFull(environment);
    const restedMs = isFull ? 0 : environment.WORKSPACE_KEPT_DAYS * DAY_MS;
    const triedCount = pass.triedIds.length;
    try {
      await setRestedAside(services, { restedMs, pass });
    } catch (error) {
      if (pass.triedIds.length === triedCount) throw error;
      logFailure(log, error, { sessionId: pass.triedIds.at(-1) });
      continue;
    }
    if (pass.triedIds.length === triedCount) return;
    await removeRemains(services, pass);
    log.info(
      { sessionId: pass.triedIds.at(-1), isFull },
      "workspace removed, its checkpoint stays",
    );
  }
}

/** What one pass does not try twice. */
interface Pass {
  triedIds: string[];
  stuckPaths: Set<string>;
}

const logFailure = (log: Needs["log"], error: unknown, what: object) =>
  log.warn({ err: error, ...what }, "workspace not removed, to be tried again");

/** The slow half: nobody waits for it. */
async function removeRemains({ environment, log }: Needs, { stuckPaths }: Pass): Promise<void> {
  for (const path of await listSetAside({ dataDir: environment.DATA_DIR })) {
    if (stuckPaths.has(path)) continue;
    await removeSetAside(path).catch((error: unknown) => {
      stuckPaths.add(path);
      logFailure(log, error, { path });
    });
  }
}

async function isDiskNearlyFull({ DATA_DIR, MIN_FREE_DISK_BYTES }: Needs["environment"]) {
  const { bavail, bsize } = await statfs(DATA_DIR);
  return bavail * bsize < MIN_FREE_DISK_BYTES;
}

/**
 * One workspace of this host whose checkpoint holds all of its work, and that nobody has: the next of `pass`. Its lease
 * is locked meanwhile: whoever wants to go on with the session waits, and then finds no folder.
 */
async function setRestedAside(
  { database: { sql }, environment, hostId }: Needs,
  { restedMs, pass: { triedIds } }: { restedMs: number; pass: Pass },
): Promise<void> {
  await sql.begin(async (tx) => {
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
        and ${isKept(tx, "sessions")} and workspaces.session_id <> all(${triedIds})
      order by kept_at
      limit 1
      for update of leases skip locked`;
    if (!row) return;
    const { sessionId, generation } = row;
    triedIds.push(sessionId);
    await tx`
      delete from workspaces where session_id = ${sessionId} and generation = ${generation}`;
    await setWorkspaceAside(placeOf(environment, row));
  });
}

const placeOf = (
  { DATA_DIR: dataDir }: Needs["environment"],
  session: { sessionId: string; generation: number },
) => ({ dataDir, path: workspaceFolders({ dataDir, ...session }).basePath });

/** The folders that were left here of sessions that another host has whole, and that rest there in a checkpoint. */
async function setMovedAside(services: Needs): Promise<void> {
  const { environment, hostId, log } = services;
  const { sql } = services.database;
  for (const session of await listFolders(services)) {
    const { sessionId, generation } = session;
    const moved = sql.begin(async (tx) => {
      const [row] = await tx`
        select 1
        from workspaces
          join sessions on sessions.id = session_id and sessions.generation = workspaces.generation
          join leases on leases.session_id = sessions.id
        where workspaces.session_id = ${sessionId} and workspaces.generation = ${generation}
          and workspaces.host_id <> ${hostId} and workspaces.state = 'prepared'
          and leases.process_id is null and ${isKept(tx, "sessions")}
        for update of leases skip locked`;
      if (row) await setWorkspaceAside(placeOf(environment, session));
    });
    await moved.catch((error: unknown) => logFailure(log, error, { sessionId }));
  }
}
