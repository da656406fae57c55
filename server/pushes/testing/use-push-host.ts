import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, vi } from "vitest";
import type { BranchPush } from "#lib/changes/branch-push.ts";
import { type GitServer, type GitServerOptions, startGitServer } from "#e2e/support/git-server.ts";
import { requireSession } from "#server/accounts/policy.ts";
import { setGitCredential } from "#server/profiles/git-credentials.ts";
import {
  obedient,
  owner,
  startTestServer,
  type TestServer,
} from "#server/sessions/testing/test-server.ts";
import {
  createTestRepository,
  type TestRepository,
} from "#server/workspaces/testing/test-repository.ts";
import { type WorkspaceFolders, workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { startPushWorker } from "../push-worker.ts";
import { findLastPush } from "../read-push.ts";
import { type NewPush, requestPush } from "../request-push.ts";

export const TOKEN = "mill-token-0123456789";

export interface PushHost {
  server: TestServer;
  git: GitServer;
  /** What the git server serves. */
  origin: TestRepository;
  /** A session that has had its first turn and waits. */
  startIdle(prompt?: string): Promise<string>;
  foldersOf(sessionId: string): WorkspaceFolders;
  push(sessionId: string, input?: NewPush): Promise<BranchPush>;
  /** The last push, once it has ended. */
  ended(sessionId: string): Promise<BranchPush>;
  /** `push`, to its end. */
  pushed(sessionId: string, input?: NewPush): Promise<BranchPush>;
}

/** A server that works, and a git server that wants the team's token and takes branches; anew for every test. */
export function usePushHost(
  environment: Record<string, string> = {},
  { answerBesides }: Pick<GitServerOptions, "answerBesides"> = {},
): PushHost {
  const host = {} as PushHost;
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "millrace-pushes-"));
    host.origin = await createTestRepository(join(folder, "served/app"));
    await host.origin.commit({ "README.md": "# A mill\n" });
    const root = join(folder, "served");
    host.git = await startGitServer({
      root,
      isWritable: true,
      ...(answerBesides && { answerBesides }),
    });
    host.server = await startTestServer({
      environment: { ALLOWED_PRIVATE_HOSTS: "127.0.0.1", ...environment },
    });
    const credential = { username: "x-access-token", password: TOKEN };
    host.git.protect(credential);
    const { services } = host.server;
    const { host: gitHost } = new URL(host.git.url);
    await setGitCredential(services, owner, { ...credential, host: gitHost, token: TOKEN });
    await host.server.work();
    await startPushWorker(services);
  });
  afterEach(async () => {
    await host.git.close();
    await host.server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const access = (sessionId: string) =>
    requireSession(host.server.services.database, owner, { sessionId, action: "write" });

  return Object.assign(host, {
    async startIdle(prompt = "@write by-agent.txt") {
      const { server, git } = host;
      const sessionId = await server.start({
        repository: `${git.url}/app/.git`,
        prompt,
        environment: obedient,
      });
      await server.until(sessionId, ({ status }) => status === "idle");
      return sessionId;
    },
    foldersOf: (sessionId: string) =>
      workspaceFolders({ dataDir: host.server.dataDir, sessionId, generation: 1 }),
    async push(sessionId: string, input: NewPush = {}) {
      const { services } = host.server;
      return requestPush(services, { viewer: owner, access: await access(sessionId) }, input);
    },
    ended: (sessionId: string) =>
      vi.waitFor(
        async () => {
          const { sql } = host.server.services.database;
          const push = await findLastPush(sql, { sessionId, generation: 1 });
          if (!push?.endedAt) throw new Error(`Not ended: ${JSON.stringify(push)}`);
          return push;
        },
        { timeout: 30_000, interval: 25 },
      ),
    async pushed(sessionId: string, input?: NewPush) {
      await host.push(sessionId, input);
      return host.ended(sessionId);
    },
  } satisfies Partial<PushHost>);
}
