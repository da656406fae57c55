import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Repository } from "#lib/repository.ts";
import { startGitServer, type GitServer } from "#e2e/support/git-server.ts";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";

const run = promisify(execFile);

export type RunTestGit = (...args: string[]) => Promise<string>;

/** Runs git in a folder with an author and nothing of this machine's configuration. */
export function testGit(cwd: string): RunTestGit {
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: "Ada",
    GIT_AUTHOR_EMAIL: "ada@example.org",
    GIT_COMMITTER_NAME: "Ada",
    GIT_COMMITTER_EMAIL: "ada@example.org",
  };
  return async (...args) => (await run("git", args, { cwd, env })).stdout.trim();
}

export interface TestRepository {
  path: string;
  git: RunTestGit;
  /** Commits these files on top of what is checked out, and answers the commit's id. */
  commit(files: Record<string, string>): Promise<string>;
}

/** A repository with a work tree; on `main`, without commits. */
export async function createTestRepository(path: string): Promise<TestRepository> {
  await mkdir(path, { recursive: true });
  const git = testGit(path);
  await git("init", "-q", "-b", "main");
  return {
    path,
    git,
    async commit(files) {
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(path, name)), { recursive: true });
        await writeFile(join(path, name), text);
      }
      await git("add", "-A");
      await git("commit", "-qm", "change", "--allow-empty");
      return git("rev-parse", "HEAD");
    },
  };
}

export interface TestHost {
  folder: string;
  dataDir: string;
  server: GitServer;
  origin: TestRepository;
  repository: Repository;
  /** What functions of this folder ask for, with a limit of 20 s. */
  context: {
    sandbox: ReturnType<typeof createProcessSandbox>;
    signal: AbortSignal;
    timeoutMs: number;
    allowedPrivateHosts: string[];
    onOutput(text: string): void;
  };
  /** Everything that came to `onOutput`. */
  output(): string;
  close(): Promise<void>;
}

/** A git server on loopback that serves `origin`, and an empty data folder. */
export async function startTestHost(): Promise<TestHost> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-workspaces-"));
  const origin = await createTestRepository(join(folder, "served/app"));
  const server = await startGitServer({ root: join(folder, "served") });
  const url = `${server.url}/app/.git`;
  let output = "";
  return {
    folder,
    dataDir: join(folder, "data"),
    server,
    origin,
    repository: { kind: "http", url, label: "app", key: url },
    context: {
      sandbox: createProcessSandbox(),
      signal: new AbortController().signal,
      timeoutMs: 20_000,
      allowedPrivateHosts: [new URL(server.url).host],
      onOutput: (text) => (output += text),
    },
    output: () => output,
    async close() {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
