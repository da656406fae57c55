import { readdir } from "node:fs/promises";
import type { Services } from "#server/services.ts";
import { killProcessesOfHome } from "#server/sandboxes/kill-stray-process.ts";
import { workspaceFolders, workspacesPath } from "#server/workspaces/workspace-folders.ts";
import { forgetWorkspace } from "./make-workspace.ts";

const STRAY_GRACE_MS = 500;

type Needs = Pick<Services, "database" | "environment" | "log">;

/**
 * Removes the folder of a session that was deleted, with everything that runs in it. Does nothing while the session
 * lives in this generation. Safe to run twice.
 */
export async function removeSessionFolder(
  services: Needs,
  { sessionId, generation }: { sessionId: string; generation: number },
): Promise<void> {
  const [session] = await services.database.sql`
    select 1 from sessions
    where id = ${sessionId} and generation = ${generation} and deleted_at is null`;
  if (session) return;
  const dataDir = services.environment.DATA_DIR;
  const folders = workspaceFolders({ dataDir, sessionId, generation });
  await killProcessesOfHome(folders.homePath, STRAY_GRACE_MS);
  await forgetWorkspace(services, { sessionId, generation }, folders);
}

/** Looks through this host's folders for sessions that were deleted while nobody here could notice. */
export async function removeStrayWorkspaces(services: Needs): Promise<void> {
  const names = await readdir(workspacesPath(services.environment.DATA_DIR)).catch(() => []);
  for (const name of names) {
    const [, sessionId, generation] = /^(ses_[0-9A-Za-z]{26})-(\d+)$/.exec(name) ?? [];
    if (sessionId)
      await removeSessionFolder(services, { sessionId, generation: Number(generation) });
  }
}
