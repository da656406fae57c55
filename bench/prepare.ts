import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGitServer } from "#e2e/support/git-server.ts";
import { createSessionId } from "#lib/ids.ts";
import { parseRepository } from "#lib/repository.ts";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import { checkoutBranch } from "#server/workspaces/checkout-branch.ts";
import { createWorkspace } from "#server/workspaces/create-workspace.ts";
import { openMirror } from "#server/workspaces/mirrors.ts";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { interleave, median, reportBench } from "./support/bench.ts";
import { ensureLargeRepository, runGit } from "./support/large-repository.ts";

/*
 * How long a session waits for its workspace: the first one on a repository (cold) and every later one (warm), beside
 * `git clone` and `git clone --depth 1` of the same repository from the same server, in one run.
 */

const { root, name } = await ensureLargeRepository();
const folder = await mkdtemp(join(tmpdir(), "millrace-bench-prepare-"));
const server = await startGitServer({ root });
const url = `${server.url}/${name}`;
const allowedPrivateHosts = [new URL(server.url).host];
const repository = parseRepository(url, { allowLocalPaths: false, allowedPrivateHosts });
const context = {
  sandbox: createProcessSandbox(),
  signal: new AbortController().signal,
  timeoutMs: 600_000,
  allowedPrivateHosts,
};
let nextFolder = 0;
const freshPath = () => join(folder, String((nextFolder += 1)));

/** The steps `clone` and `branch` of a preparation. */
async function prepare(dataDir: string) {
  const sessionId = createSessionId();
  const folders = workspaceFolders({ dataDir, sessionId, generation: 1 });
  const mirror = await openMirror({
    ...context,
    dataDir,
    repository,
    branch: null,
    maxBytes: 1e12,
    isMirrorInUse: () => Promise.resolve(true),
  });
  const { path: mirrorPath, defaultBranch } = mirror;
  await createWorkspace({ ...context, folders, mirrorPath, repository });
  const workBranch = `millrace/${sessionId}`;
  await checkoutBranch({ ...context, folders, branch: null, defaultBranch, workBranch });
  await mirror.release();
}

/** Milliseconds of `work` in a new folder, which is removed afterwards. */
const inFreshFolder = (work: (path: string) => Promise<void>) => async () => {
  const path = freshPath();
  const startMs = performance.now();
  await work(path);
  const elapsedMs = performance.now() - startMs;
  await rm(path, { recursive: true, force: true });
  return elapsedMs;
};

const warmDataDir = freshPath();

try {
  await prepare(warmDataDir);
  const samples = await interleave({
    repetitions: 5,
    contenders: {
      clone: inFreshFolder((path) => runGit(["clone", "-q", url, path])),
      depth1: inFreshFolder((path) => runGit(["clone", "-q", "--depth", "1", url, path])),
      cold: inFreshFolder(prepare),
      warm: inFreshFolder(() => prepare(warmDataDir)),
    },
  });
  const [clone, depth1, cold, warm] = (["clone", "depth1", "cold", "warm"] as const).map((key) =>
    median(samples[key]),
  ) as [number, number, number, number];
  reportBench({
    name: "prepare",
    ratios: {
      vs_clone: clone / warm,
      vs_depth_1: depth1 / warm,
      vs_one_second: 1_000 / warm,
      vs_clone_cold: clone / cold,
      vs_depth_1_cold: depth1 / cold,
    },
    goals: {
      vs_clone: { atLeast: 5 },
      vs_depth_1: { atLeast: 1 },
      vs_one_second: { atLeast: 1 },
      vs_clone_cold: { atLeast: 0.8 },
    },
  });
} finally {
  await server.close();
  await rm(folder, { recursive: true, force: true });
}
