import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "#lib/errors.ts";
import type { WorkspaceFolders } from "./workspace-folders.ts";

/** Where the agent's branch began. */
export interface CheckedOutBranch {
  /** The branch that was asked for, or the default one. */
  baseBranch: string;
  /** The branch that the agent works on. */
  workBranch: string;
  /** Null in a repository without commits. */
  commit: string | null;
}

/** How far a workspace is. Stands beside the repository and is written last, so that it never tells too much. */
export interface WorkspaceMarker {
  /** Where its objects are borrowed from. */
  mirrorPath: string;
  /** Null until the work tree is complete. */
  branch: CheckedOutBranch | null;
}

const markerPath = ({ basePath }: WorkspaceFolders) => join(basePath, "workspace.json");

/** Null when the repository has not been cloned whole. */
export async function findWorkspaceMarker(
  folders: WorkspaceFolders,
): Promise<WorkspaceMarker | null> {
  try {
    return JSON.parse(await readFile(markerPath(folders), "utf8")) as WorkspaceMarker;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Throws `internal` for a workspace that `createWorkspace` has not finished. */
export async function getWorkspaceMarker(folders: WorkspaceFolders): Promise<WorkspaceMarker> {
  const marker = await findWorkspaceMarker(folders);
  if (marker === null) throw new AppError("internal", "The workspace is not complete");
  return marker;
}

export async function writeWorkspaceMarker(
  folders: WorkspaceFolders,
  marker: WorkspaceMarker,
): Promise<void> {
  const path = markerPath(folders);
  await writeFile(`${path}.new`, JSON.stringify(marker));
  await rename(`${path}.new`, path);
}
