import { rename, rm } from "node:fs/promises";
import type { Repository } from "#lib/repository.ts";
import { type GitContext, runGit } from "./run-git.ts";
import { makeWorkspaceFolders, type WorkspaceFolders } from "./workspace-folders.ts";
import { findWorkspaceMarker, writeWorkspaceMarker } from "./workspace-marker.ts";

export interface CreateWorkspaceOptions extends Omit<GitContext, "homePath"> {
  folders: WorkspaceFolders;
  /** Must stay as long as the workspace: its objects are borrowed, not copied. */
  mirrorPath: string;
  /** Becomes the remote `origin`. */
  repository: Pick<Repository, "url">;
}

/** Author of commits in the workspace until somebody configures another. */
const AUTHOR = ["-c", "user.name=Millrace", "-c", "user.email=millrace@localhost"];

/**
 * Makes the repository of a workspace from a mirror in the time that it takes to list its branches. Files follow with
 * `checkoutBranch`. Safe to run twice: what is whole stays, what is half made is made again.
 */
export async function createWorkspace(options: CreateWorkspaceOptions): Promise<void> {
  const { folders, mirrorPath, repository, sandbox, signal, timeoutMs, onOutput } = options;
  await makeWorkspaceFolders(folders);
  if ((await findWorkspaceMarker(folders)) !== null) return;
  const { basePath, homePath, repositoryPath } = folders;
  const context: GitContext = { sandbox, signal, timeoutMs, onOutput, homePath };
  const partialPath = `${repositoryPath}.partial`;
  await rm(partialPath, { recursive: true, force: true });
  await rm(repositoryPath, { recursive: true, force: true });
  try {
    await runGit({
      ...context,
      cwd: basePath,
      remote: { kind: "path", url: mirrorPath, pinnedAddresses: [] },
      args: [
        "clone",
        "--quiet",
        "--shared",
        "--no-checkout",
        "--template=",
        ...AUTHOR,
        "--",
        mirrorPath,
        partialPath,
      ],
    });
    const args = ["remote", "set-url", "origin", "--", repository.url];
    await runGit({ ...context, cwd: partialPath, args });
    await rename(partialPath, repositoryPath);
    await writeWorkspaceMarker(folders, { branch: null });
  } catch (error) {
    await rm(partialPath, { recursive: true, force: true });
    throw error;
  }
}
