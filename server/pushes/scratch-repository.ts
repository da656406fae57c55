import { createWriteStream } from "node:fs";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { PUSH_MEMORY_MAX_BYTES } from "#lib/limits.ts";
import { createBudget } from "#server/checkpoints/take-checkpoint.ts";
import { killProcessesOfHome } from "#server/sandboxes/kill-stray-process.ts";
import { limitMemory } from "#server/sandboxes/limit-memory.ts";
import { type GitContext, runGit } from "#server/workspaces/run-git.ts";
import type { GatheredWork } from "./gather-work.ts";
import { PUSH_MAX_MS } from "./push-branch-job.ts";

/**
 * A repository of ours that no agent has ever written to: here git may know the team's credential. It borrows what the
 * remote has from the mirror, and takes what the session has as objects alone.
 */
export interface ScratchRepository {
  /** For git in this repository, with memory that objects of an agent cannot make it exceed. */
  context: GitContext & { cwd: string };
  /** The commits that the remote's branches named when the mirror was fetched. */
  branches: Map<string, string>;
}

interface ScratchOptions extends Omit<GitContext, "homePath"> {
  dataDir: string;
  pushId: string;
  mirrorPath: string;
}

const STRAY_GRACE_MS = 1_000;

/** What git has of packs at one time counts as memory, and so does each who works on them. */
const FRUGAL = [
  "core.packedGitWindowSize=32m",
  "core.packedGitLimit=256m",
  "pack.threads=2",
].flatMap((setting) => ["-c", setting]);

const pushesPath = (dataDir: string) => join(dataDir, "pushes");
const homePathOf = (dataDir: string, pushId: string) => join(pushesPath(dataDir), pushId, "home");

/** Runs `use` with a new repository, and removes it afterwards; what a killed run of it left goes first. */
export async function withScratchRepository<Result>(
  { dataDir, pushId, mirrorPath, ...git }: ScratchOptions,
  use: (scratch: ScratchRepository) => Promise<Result>,
): Promise<Result> {
  const path = join(pushesPath(dataDir), pushId);
  const cwd = join(path, "repository.git");
  await rm(path, { recursive: true, force: true });
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const sandbox = limitMemory(git.sandbox, PUSH_MEMORY_MAX_BYTES);
    const context = { ...git, sandbox, homePath: homePathOf(dataDir, pushId), cwd };
    const flags = ["--quiet", "--bare", "--shared", "--template=", ...FRUGAL];
    await runGit({
      ...context,
      cwd: path,
      remote: { kind: "path", url: mirrorPath, pinnedAddresses: [] },
      args: ["clone", ...flags, "--", mirrorPath, cwd],
    });
    return await use({ context, branches: await listBranches(context) });
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

/**
 * Ends what a killed run of a push has left running, which may still send, before anybody looks at what the remote has.
 */
export async function endStrays(dataDir: string, pushId: string): Promise<void> {
  await killProcessesOfHome(homePathOf(dataDir, pushId), STRAY_GRACE_MS);
}

/** Removes what killed processes left of pushes that are over for long. */
export async function removeForgotten(dataDir: string): Promise<void> {
  const names = await readdir(pushesPath(dataDir)).catch(() => []);
  for (const name of names) {
    const path = join(pushesPath(dataDir), name);
    const entry = await stat(path).catch(() => null);
    if (entry === null || Date.now() - entry.mtimeMs <= 2 * PUSH_MAX_MS) continue;
    await endStrays(dataDir, name);
    await rm(path, { recursive: true, force: true });
  }
}

async function listBranches(context: ScratchRepository["context"]): Promise<Map<string, string>> {
  const args = ["for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads"];
  const lines = (await runGit({ ...context, args })).split("\n").filter((line) => line !== "");
  return new Map(lines.map((line) => [line.slice(line.indexOf(" ") + 1), line.split(" ", 1)[0]!]));
}

/**
 * Takes the objects of a session in; names that come with them are not looked at, so that they cannot mean something
 * here. Throws `too_large` above `maxBytes`, and what git thinks of objects that are none.
 */
export async function takeObjects(
  { context }: ScratchRepository,
  { bundle, baseCommit }: Pick<GatheredWork, "bundle" | "baseCommit">,
  maxBytes: number,
): Promise<void> {
  if (baseCommit !== null) {
    // The remote's branches may have moved away from it.
    await runGit({ ...context, args: ["update-ref", "refs/millrace/base", baseCommit] });
  }
  const path = join(context.cwd, "..", "work.bundle");
  const { signal } = context;
  await pipeline(createBudget(maxBytes).take(bundle), createWriteStream(path), { signal });
  await runGit({ ...context, args: ["bundle", "unbundle", path] });
  await rm(path);
}
