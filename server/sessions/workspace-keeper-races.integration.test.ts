import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import type { SessionState } from "#lib/session-state.ts";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { obedient } from "./testing/test-server.ts";
import { useTestServer } from "./testing/use-test-server.ts";
import { keepWorkspaces } from "./workspace-keeper.ts";

// A session that works twice, each time from a clone.
vi.setConfig({ testTimeout: 60_000 });
const context = useTestServer({ environment: { IDLE_TIMEOUT_MS: "1", WORKSPACE_KEPT_DAYS: "7" } });
const never = new AbortController().signal;
const patience = { timeout: 20_000 };

const isIdle = ({ status, prompts }: SessionState) =>
  status === "idle" && prompts.every((prompt) => prompt.status === "settled");

test("a start and the removal of the folder wait for each other, in both orders", async () => {
  const { server, repository } = context;
  const { services } = server;
  const { sql } = services.database;
  await server.work();
  const prompt = "@write by-agent.txt";
  const sessionId = await server.start({ repository, prompt, environment: obedient });
  await server.until(sessionId, isIdle);
  const rests = () => sql`
    select 1 from checkpoints join leases using (session_id)
    where session_id = ${sessionId} and state = 'complete' and process_id is null`;
  await expect.poll(async () => (await rests()).length, patience).toBe(1);
  await sql`update checkpoints set completed_at = completed_at - interval '8 days'`;

  await sql.begin(async (starting) => {
    await starting`select from leases where session_id = ${sessionId} for update`;
    await keepWorkspaces(services, never);
  });
  expect(await server.workspaceNames(), "somebody is about to take it").toHaveLength(1);

  const holding = createDeferred<void>();
  const held = createDeferred<void>();
  const holder = sql.begin(async (tx) => {
    await tx`select from workspaces where session_id = ${sessionId} for update`;
    held.resolve();
    await holding.promise;
  });
  await held.promise;
  const removing = keepWorkspaces(services, never);
  const countWaiting = async () => {
    const [row] = await sql<{ count: number }[]>`
      select count(*)::int as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    return row!.count;
  };
  await expect.poll(countWaiting, patience).toBe(1);
  await server.send(sessionId, "@say back");
  await expect.poll(countWaiting, patience).toBeGreaterThan(1);
  expect(await server.workspaceNames()).toHaveLength(1);
  holding.resolve();
  await Promise.all([holder, removing]);

  await server.until(sessionId, isIdle);
  const folders = workspaceFolders({ dataDir: server.dataDir, sessionId, generation: 1 });
  expect(await readFile(join(folders.repositoryPath, "by-agent.txt"), "utf8")).not.toBe("");
});
