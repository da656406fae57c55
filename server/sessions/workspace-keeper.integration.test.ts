import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { SessionState } from "#lib/session-state.ts";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { obedient } from "./testing/test-server.ts";
import { useTestServer } from "./testing/use-test-server.ts";
import { keepWorkspaces } from "./workspace-keeper.ts";

// A session that works twice, each time from a clone.
vi.setConfig({ testTimeout: 60_000 });
const context = useTestServer({ environment: { IDLE_TIMEOUT_MS: "1", WORKSPACE_KEPT_DAYS: "7" } });
const never = new AbortController().signal;

const isIdle = ({ status, prompts }: SessionState) =>
  status === "idle" && prompts.every((prompt) => prompt.status === "settled");

test("the folder of a session that rests goes after its days, and comes back with the next prompt", async () => {
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
  await expect.poll(async () => (await rests()).length, { timeout: 20_000 }).toBe(1);

  await keepWorkspaces(services, never);
  expect(await server.workspaceNames()).toEqual([`${sessionId}-1`]);

  await sql`update checkpoints set completed_at = completed_at - interval '8 days'`;
  await sql`
    update leases set process_id = ${services.processId}, expires_at = now() + interval '1 minute'
    where session_id = ${sessionId}`;
  await keepWorkspaces(services, never);
  expect(await server.workspaceNames(), "somebody works in it").toEqual([`${sessionId}-1`]);

  await sql`
    update leases set process_id = null, expires_at = null where session_id = ${sessionId}`;
  await keepWorkspaces(services, never);
  expect(await server.workspaceNames()).toEqual([]);

  await server.send(sessionId, "@say back");
  await server.until(sessionId, ({ prompts }) => prompts.length === 0 || isSettled(prompts));
  await server.until(sessionId, isIdle);
  const { repositoryPath } = workspaceFolders({
    dataDir: server.dataDir,
    sessionId,
    generation: 1,
  });
  expect(await readFile(join(repositoryPath, "by-agent.txt"), "utf8")).not.toBe("");
});

const isSettled = (prompts: SessionState["prompts"]) =>
  prompts.every(({ status }) => status === "settled");
