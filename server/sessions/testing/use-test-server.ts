import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { requireSession, type SessionAccess } from "#server/accounts/policy.ts";
import { readItemsAfter } from "#server/items/read-items-after.ts";
import { createTestRepository } from "#server/workspaces/testing/test-repository.ts";
import { owner, startTestServer, type TestServer, type TestServerOptions } from "./test-server.ts";

interface ServerUnderTest {
  server: TestServer;
  /** Path of a repository with one commit. */
  repository: string;
  access(sessionId: string): Promise<SessionAccess>;
  /** Texts of the prompts that became items, in order. */
  promptTexts(sessionId: string): Promise<string[]>;
  /** Another process on the same database and disk. */
  startPeer(): Promise<TestServer>;
}

/** A server and a repository of its own for every test of the file. */
export function useTestServer(
  options: Pick<TestServerOptions, "environment"> = {},
): ServerUnderTest {
  let folder: string;
  const peers: TestServer[] = [];
  const context = {
    access: (sessionId: string) =>
      requireSession(context.server.services.database, owner, { sessionId, action: "write" }),

    async promptTexts(sessionId: string) {
      const { items } = await readItemsAfter(context.server.services.database, {
        sessionId,
        generation: 1,
        afterSeq: 0,
        maxCount: 10_000,
        maxBytes: 100_000_000,
      });
      const prompts = new Set(
        items.filter((item) => item.body?.includes('"role":"user"')).map((item) => item.messageId),
      );
      return items
        .filter((item) => item.type === "part" && prompts.has(item.messageId))
        .map((item) => (JSON.parse(item.body ?? "{}") as { text: string }).text);
    },

    async startPeer() {
      const peer = await startTestServer({ ...options, shared: context.server });
      peers.push(peer);
      return peer;
    },
  } as ServerUnderTest;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "millrace-actor-"));
    const origin = await createTestRepository(join(folder, "app"));
    await origin.commit({ "README.md": "# A mill\n" });
    context.repository = origin.path;
    context.server = await startTestServer(options);
  });
  afterEach(async () => {
    for (const peer of peers.splice(0)) await peer.close();
    await context.server.close();
    await rm(folder, { recursive: true, force: true });
  });
  return context;
}
