import { mkdir } from "node:fs/promises";
import { join } from "node:path";

/** Where a session works. Only `repositoryPath` holds what came from outside. */
export interface WorkspaceFolders {
  /** `<dataDir>/workspaces/<sessionId>-<generation>`; holds the others. */
  basePath: string;
  /** The work tree; appears when it is cloned whole. */
  repositoryPath: string;
  /** HOME of everything that runs for the session. */
  homePath: string;
  /** TMPDIR of everything that runs for the session. */
  temporaryPath: string;
}

export const workspacesPath = (dataDir: string) => join(dataDir, "workspaces");

export function workspaceFolders({
  dataDir,
  sessionId,
  generation,
}: {
  dataDir: string;
  sessionId: string;
  generation: number;
}): WorkspaceFolders {
  const basePath = join(workspacesPath(dataDir), `${sessionId}-${generation}`);
  return {
    basePath,
    repositoryPath: join(basePath, "repository"),
    homePath: join(basePath, "home"),
    temporaryPath: join(basePath, "tmp"),
  };
}

/** Makes the folders that a child needs to start in; the repository follows later. Safe to run twice. */
export async function makeWorkspaceFolders(folders: WorkspaceFolders): Promise<void> {
  await mkdir(folders.homePath, { recursive: true, mode: 0o700 });
  await mkdir(folders.temporaryPath, { recursive: true, mode: 0o700 });
}
