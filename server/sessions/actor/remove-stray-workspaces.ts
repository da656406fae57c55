import { readdir } from "node:fs/promises";
import type { Services } from "#server/services.ts";
import { killProcessesOfHome } from "#server/sandboxes/kill-stray-process.ts";
import { workspaceFolders, workspacesPath } from "#server/workspaces/workspace-folders.ts";
import { forgetWorkspace } from "./workspace-row.ts";

const STRAY_GRACE_MS = 500;

type Needs = Pick<Services, "database" | "environment" | "hostId" | "log">;

/**
 * Removes the folder of a session that is gone, with everything that runs in it; true when it was gone. False, and
 * nothing happens, while the session lives in this generation. Safe to run twice.
 */
export async function removeFolderOfGone(
  services: Needs,
  session: SessionFolder,
): Promise<boolean> {
  const [living] = await services.database.sql`
    select 1 from sessions
    where id = ${session.sessionId} and generation = ${session.generation} and deleted_at is null`;
  if (living) return false;
  await removeFolder(services, session);
  return true;
}

/**
 * Looks through this host's folders for sessions that were deleted while nobody here could notice. Only a tombstone
 * tells: a folder that the database knows nothing of may belong to another database, and stays. One that cannot be
 * removed is logged and stops nothing.
 */
export async function removeStrayWorkspaces(services: Needs): Promise<void> {
  for (const session of await listFolders(services)) {
    const { sessionId, generation } = session;
    const [tombstone] = await services.database.sql`
      select 1 from sessions
      where id = ${sessionId} and (generation > ${generation} or deleted_at is not null)`;
    if (!tombstone) continue;
    await removeFolder(services, session).catch((error: unknown) =>
      services.log.warn({ err: error, sessionId }, "workspace not removed, to be tried again"),
    );
  }
}

/** The workspaces that this host has a folder of. */
export async function listFolders({
  environment,
}: Pick<Needs, "environment">): Promise<SessionFolder[]> {
  const names = await readdir(workspacesPath(environment.DATA_DIR)).catch(() => []);
  return names.flatMap((name) => {
    const [, sessionId, generation] = /^(ses_[0-9A-Za-z]{26})-(\d+)$/.exec(name) ?? [];
    return sessionId ? [{ sessionId, generation: Number(generation) }] : [];
  });
}

interface SessionFolder {
  sessionId: string;
  generation: number;
}

async function removeFolder(services: Needs, session: SessionFolder): Promise<void> {
  const folders = workspaceFolders({ dataDir: services.environment.DATA_DIR, ...session });
  await killProcessesOfHome(folders.homePath, STRAY_GRACE_MS);
  await forgetWorkspace(services, session, folders);
}
