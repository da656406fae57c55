import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { SessionState } from "#lib/session-state.ts";
import type { Sql } from "#server/database/database.ts";
import { workspaceFolders, workspacesPath } from "#server/workspaces/workspace-folders.ts";
import { obedient } from "./testing/test-server.ts";
import { useTestServer } from "./testing/use-test-server.ts";
import { keepWorkspaces } from "./workspace-keeper.ts";

// A session that works twice, each time from a clone.
vi.setConfig({ testTimeout: 60_000 });
const context = useTestServer({ environment: { IDLE_TIMEOUT_MS: "1", WORKSPACE_KEPT_DAYS: "7" } });
const never = new AbortController().signal;

const isIdle = ({ status, prompts }: SessionState) =>
  status === "idle" && prompts.every((prompt) => prompt.status === "settled");

/** A session like the one that is there, whose folder is not where one may be removed. It has rested for longer. */
async function addStuckSession(sql: Sql): Promise<void> {
  const stuck = (column: string) => JSON.stringify({ [column]: "ses_stuck" });
  await sql`
    insert into sessions
    select (jsonb_populate_record(sessions, ${stuck("id")}::text::jsonb)).* from sessions`;
  for (const table of ["leases", "workspaces", "checkpoints"]) {
    await sql`
      insert into ${sql(table)}
      select (jsonb_populate_record(${sql(table)}, ${stuck("session_id")}::text::jsonb)).*
      from ${sql(table)}`;
  }
  await sql`
    update checkpoints set completed_at = completed_at - interval '1 day'
    where session_id = 'ses_stuck'`;
}

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
  await addStuckSession(sql);
  const remains = `${sessionId}-1.removed-00000000-0000-4000-8000-000000000000/by a killed removal`;
  await mkdir(join(workspacesPath(server.dataDir), remains), { recursive: true });
  await keepWorkspaces(services, never);
  expect(await server.workspaceNames(), "one that is stuck stops nothing").toEqual([]);
  expect(await sql`select session_id as id from workspaces`).toEqual([{ id: "ses_stuck" }]);

  await server.send(sessionId, "@say back");
  await server.until(sessionId, ({ prompts }) => prompts.length === 0 || isSettled(prompts));
  await server.until(sessionId, isIdle);
  const { repositoryPath } = workspaceFolders({
    dataDir: server.dataDir,
    sessionId,
    generation: 1,
  });
  expect(await readFile(join(repositoryPath, "by-agent.txt"), "utf8")).not.toBe("");

  await expect.poll(async () => (await rests()).length, { timeout: 20_000 }).toBe(1);
  await sql`update workspaces set host_id = 'host_other' where session_id = ${sessionId}`;
  await keepWorkspaces(services, never);
  expect(await server.workspaceNames(), "another host has it").toEqual([]);
});

const isSettled = (prompts: SessionState["prompts"]) =>
  prompts.every(({ status }) => status === "settled");
