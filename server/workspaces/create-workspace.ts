import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
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
  author?: CommitAuthor | null;
}

export interface CommitAuthor {
  name: string;
  email: string;
}

/** Author of commits in the workspace until somebody configures another. */
export const AUTHOR: CommitAuthor = { name: "Millrace", email: "millrace@localhost" };

/**
 * Makes the repository of a workspace from a mirror in the time that it takes to list its branches. Files follow with
 * `checkoutBranch`. Safe to run twice: what is whole stays, what is half made is made again.
 */
export async function createWorkspace(options: CreateWorkspaceOptions): Promise<void> {
  const { folders, mirrorPath, repository, sandbox, signal, timeoutMs, onOutput } = options;
  await makeWorkspaceFolders(folders);
  if ((await findWorkspaceMarker(folders)) !== null) return;
  const { homePath, repositoryPath } = folders;
  const context: GitContext = { sandbox, signal, timeoutMs, onOutput, homePath };
  const partialPath = `${repositoryPath}.partial`;
  await rm(partialPath, { recursive: true, force: true });
  await rm(repositoryPath, { recursive: true, force: true });
  try {
    const { author = null } = options;
    await clone(context, { mirrorPath, repository, author, path: partialPath }, "--shared");
    await rename(partialPath, repositoryPath);
    await writeWorkspaceMarker(folders, { mirrorPath, branch: null });
  } catch (error) {
    await rm(partialPath, { recursive: true, force: true });
    throw error;
  }
}

interface CloneOptions {
  mirrorPath: string;
  repository: Pick<Repository, "url">;
  author: CommitAuthor | null;
  path: string;
}

/** A clone of a mirror that needs it no more afterwards, without files, with the repository as its origin. */
export const cloneCopy = (context: GitContext, options: CloneOptions): Promise<void> =>
  clone(context, options, "--no-hardlinks");

async function clone(
  context: GitContext,
  { mirrorPath, repository, author, path }: CloneOptions,
  sharing: "--shared" | "--no-hardlinks",
): Promise<void> {
  const { name, email } = author ?? AUTHOR;
  const settings = ["-c", `user.name=${name}`, "-c", `user.email=${email}`];
  const flags = ["--quiet", sharing, "--no-checkout", "--template=", ...settings];
  await reportingDamage(mirrorPath, () =>
    runGit({
      ...context,
      cwd: dirname(path),
      remote: { kind: "path", url: mirrorPath, pinnedAddresses: [] },
      args: ["clone", ...flags, "--", mirrorPath, path],
    }),
  );
  await setOrigin(context, path, { mirrorPath, url: repository.url });
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
