import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
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

export async function writeWorkspaceMarker(
  folders: WorkspaceFolders,
  marker: WorkspaceMarker,
): Promise<void> {
  const path = markerPath(folders);
  await writeFile(`${path}.new`, JSON.stringify(marker));
  await rename(`${path}.new`, path);
}
