import { rm } from "node:fs/promises";
import { expect, test, vi } from "vitest";
import { findCheckpoint } from "#server/checkpoints/find-checkpoint.ts";
import { usePushHost } from "./testing/use-push-host.ts";

vi.setConfig({ testTimeout: 60_000 });
/** A session that has nothing to do is kept at once. */
const host = usePushHost({ IDLE_TIMEOUT_MS: "1" });

test("a session whose folder is gone is pushed from its checkpoint, and without one not at all", async () => {
  const sessionId = await host.startIdle();
  const { sql } = host.server.services.database;
  await vi.waitFor(
    async () => expect(await findCheckpoint(sql, { sessionId, generation: 1 })).not.toBeNull(),
    { timeout: 30_000, interval: 50 },
  );
  await rm(host.foldersOf(sessionId).basePath, { recursive: true });
  const push = await host.pushed(sessionId);
  expect(push).toMatchObject({ status: "done", failure: null });
  expect(await host.origin.git("ls-tree", "--name-only", push.branch)).toBe(
    "README.md\nby-agent.txt",
  );

  await sql`delete from checkpoints`;
  expect((await host.pushed(sessionId)).failure).toMatchObject({ reason: "files" });
  await sql`delete from workspaces`;
  await expect(host.push(sessionId)).rejects.toMatchObject({ details: { reason: "files" } });
});
