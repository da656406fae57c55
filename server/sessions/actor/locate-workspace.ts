import { stat } from "node:fs/promises";
import type { Services } from "#server/services.ts";
import type { WorkspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { findWorkspaceMarker } from "#server/workspaces/workspace-marker.ts";
import type { Ownership } from "../change-session.ts";
import { type ActorView, planKey } from "./actor-view.ts";

/**
 * - `whole`: the folder is here, made to its end; nothing is left to do.
 * - `none`: there is none, or what is here is half made or given up, and no work is lost with it.
 * - `lost`: an agent has worked in a folder that is not here.
 */
export type WorkspacePlace = "whole" | "none" | "lost";

interface LocateOptions {
  ownership: Pick<Ownership, "sessionId" | "generation">;
  view: ActorView;
  folders: WorkspaceFolders;
}

/**
 * Before an agent has worked in it a folder is whole when the row and the marker on disk say so, made from the present
 * plan. Afterwards the row and the repository count alone: the marker is where the agent may write. Throws when the disk
 * cannot tell.
 */
export async function locateWorkspace(
  { database, hostId }: Pick<Services, "database" | "hostId">,
  { ownership: { sessionId, generation }, view, folders }: LocateOptions,
): Promise<WorkspacePlace> {
  const [row] = await database.sql<{ isHere: boolean; plan: string }[]>`
    select host_id = ${hostId} as "isHere", plan from workspaces
    where session_id = ${sessionId} and generation = ${generation} and state = 'prepared'`;
  if (row === undefined) return "none";
  if (view.ready) return row.isHere && (await isFolder(folders.repositoryPath)) ? "whole" : "lost";
  const isPlanned = row.isHere && row.plan === planKey(view);
  const marker = isPlanned ? await findWorkspaceMarker(folders).catch(() => null) : null;
  return marker === null ? "none" : "whole";
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (["ENOENT", "ENOTDIR", "ELOOP"].includes(code)) return false;
    throw error;
  }
}
