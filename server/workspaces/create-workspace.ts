import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Repository } from "#lib/repository.ts";
import { reportingDamage } from "./mirror-folders.ts";
import { type GitContext, runGit } from "./run-git.ts";
import { makeWorkspaceFolders, type WorkspaceFolders } from "./workspace-folders.ts";
import { findWorkspaceMarker, writeWorkspaceMarker } from "./workspace-marker.ts";

export interface CreateWorkspaceOptions extends Omit<GitContext, "homePath"> {
  folders: WorkspaceFolders;
  /** Must stay as long as the workspace: its objects are borrowed, not copied. */
  mirrorPath: string;
  /** Becomes the remote `origin`. */
  repository: Pick<Repository, "url">;
  /** Of commits in the workspace; Millrace unless given. */
  author?: { name: string; email: string } | null;
}

/** Author of commits in the workspace until somebody configures another. */
export const AUTHOR = { name: "Millrace", email: "millrace@localhost" };

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
    const { name, email } = options.author ?? AUTHOR;
    const author = ["-c", `user.name=${name}`, "-c", `user.email=${email}`];
    const flags = ["--quiet", "--shared", "--no-checkout", "--template=", ...author];
    await reportingDamage(mirrorPath, () =>
      runGit({
        ...context,
        cwd: basePath,
        remote: { kind: "path", url: mirrorPath, pinnedAddresses: [] },
        args: ["clone", ...flags, "--", mirrorPath, partialPath],
      }),
    );
    await setOrigin(context, partialPath, { mirrorPath, url: repository.url });
    await rename(partialPath, repositoryPath);
    await writeWorkspaceMarker(folders, { mirrorPath, branch: null });
  } catch (error) {
    await rm(partialPath, { recursive: true, force: true });
    throw error;
  }
}

/** The clone names the mirror as its origin. Rewrites that line; leaves it to git where the path was quoted. */
async function setOrigin(
  context: GitContext,
  path: string,
  { mirrorPath, url }: { mirrorPath: string; url: string },
): Promise<void> {
  const configPath = join(path, ".git/config");
  const config = await readFile(configPath, "utf8");
  const line = `\turl = ${mirrorPath}\n`;
  if (config.includes(line)) {
    const quoted = `"${url.replace(/["\\]/g, "\\$&")}"`;
    await writeFile(
      configPath,
      config.replace(line, () => `\turl = ${quoted}\n`),
    );
    return;
  }
  await runGit({ ...context, cwd: path, args: ["remote", "set-url", "origin", "--", url] });
}
