import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { createMessageId } from "#lib/ids.ts";
import type { SessionState } from "#lib/session-state.ts";
import { localOwner } from "#server/accounts/local-owner.ts";
import { requireSession } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { createTestDatabase } from "#server/database/testing/test-database.ts";
import { readEnvironment } from "#server/env.ts";
import { startIngestWorker } from "#server/ingest/ingest-worker.ts";
import { openServices } from "#server/open-services.ts";
import { listProcesses, findVariable } from "#server/sandboxes/process-table.ts";
import type { Services } from "#server/services.ts";
import { workspacesPath } from "#server/workspaces/workspace-folders.ts";
import { type NewSession, newSession } from "../new-session.ts";
import { sendPrompt } from "../prompt-queue.ts";
import { readSessionState } from "../read-session-state.ts";
import { startSessionWorker } from "../session-worker.ts";
import { startSession } from "../start-session.ts";

export const owner: Viewer = { ...localOwner, role: "owner", scopes: null };

/** Variables that let a prompt tell the built-in agent how to misbehave. */
export const obedient = { MILLRACE_BUILT_IN_TEST: "1" };

/** A server without its web side: real database, queue, sandbox, git and agent, in this process. */
export interface TestServer {
  services: Services;
  dataDir: string;
  databaseUrl: string;
  start(input: Partial<NewSession> & { repository: string }): Promise<string>;
  send(sessionId: string, text: string, messageId?: string): Promise<string>;
  /** The session's state as soon as `isReached`; fails when that takes more than 20 s, or what is given. */
  until(
    sessionId: string,
    isReached: (state: SessionState) => boolean,
    timeoutMs?: number,
  ): Promise<SessionState>;
  /** Begins to work on sessions. */
  work(): Promise<void>;
  /** Begins to cut uploads into items. */
  ingest(): Promise<void>;
  /** As SIGTERM would. */
  drain(): Promise<void>;
  workspaceNames(): Promise<string[]>;
  /** Children, and theirs, that work in the session's folders. */
  childProcessIds(sessionId: string): Promise<number[]>;
  close(): Promise<void>;
}

export interface TestServerOptions {
  environment?: Record<string, string>;
  /** Another server's, to be a second process of it. */
  shared?: Pick<TestServer, "databaseUrl" | "dataDir">;
}

export async function startTestServer({
  environment = {},
  shared,
}: TestServerOptions = {}): Promise<TestServer> {
  const testDatabase = shared ? null : await createTestDatabase();
  const databaseUrl = shared?.databaseUrl ?? testDatabase?.url ?? "";
  const dataDir = shared?.dataDir ?? (await mkdtemp(join(tmpdir(), "millrace-sessions-")));
  const begun = new AbortController();
  const { services, close } = await openServices(
    readEnvironment({
      PATH: process.env["PATH"],
      DATABASE_URL: databaseUrl,
      DATA_DIR: dataDir,
      MIN_FREE_DISK_BYTES: "1",
      SANDBOX: "process",
      LEASE_MS: "10000",
      DRAIN_MS: "500",
      ...environment,
    }),
    { onLost: () => {}, draining: begun.signal },
  );
  const { database } = services;
  const over = new AbortController();
  let isStopped = false;

  const drain = async () => {
    if (isStopped) return;
    isStopped = true;
    begun.abort(new Error("The server is stopping"));
    const timer = setTimeout(() => over.abort(), services.environment.DRAIN_MS);
    await services.queue.stop({ timeoutMs: 10_000 });
    clearTimeout(timer);
  };

  return {
    services,
    dataDir,
    databaseUrl,
    drain,
    async start(input) {
      const request = newSession.parse({ prompt: "Look around", ...input });
      return (await startSession(services, owner, request)).sessionId;
    },
    async send(sessionId, text, messageId = createMessageId()) {
      const access = await requireSession(database, owner, { sessionId, action: "write" });
      await sendPrompt(services, { viewer: owner, access, prompt: { messageId, text } });
      return messageId;
    },
    until: (sessionId, isReached, timeoutMs = 20_000) =>
      vi.waitFor(
        async () => {
          const state = await readSessionState(database, sessionId);
          if (!state) throw new Error("The session is gone");
          if (!isReached(state)) throw new Error(`Not reached: ${JSON.stringify(state)}`);
          return state;
        },
        { timeout: timeoutMs, interval: 25 },
      ),
    async work() {
      const worker = await startSessionWorker(services, { begun: begun.signal, over: over.signal });
      begun.signal.addEventListener("abort", () => void worker.stop());
    },
    async ingest() {
      const worker = await startIngestWorker(services, { over: begun.signal });
      begun.signal.addEventListener("abort", () => void worker.stop());
    },
    workspaceNames: () => readdir(workspacesPath(dataDir)).catch(() => []),
    async childProcessIds(sessionId) {
      const found: number[] = [];
      for (const { pid, isRunning } of await listProcesses()) {
        const home = await findVariable(pid, "HOME");
        if (isRunning && home?.startsWith(join(workspacesPath(dataDir), sessionId)))
          found.push(pid);
      }
      return found;
    },
    async close() {
      over.abort();
      await drain();
      await close();
      await testDatabase?.drop();
      if (!shared) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
