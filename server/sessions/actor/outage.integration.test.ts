import { setTimeout as delay } from "node:timers/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openCuttableProxy, type CuttableProxy } from "#server/database/testing/cuttable-proxy.ts";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import { createTestRepository } from "#server/workspaces/testing/test-repository.ts";
import { obedient, startTestServer, type TestServer } from "../testing/test-server.ts";

// An outage of seconds, and as long again until everybody is back.
vi.setConfig({ testTimeout: 60_000 });

let copy: TestDatabase;
let proxy: CuttableProxy;
let server: TestServer;

beforeEach(async () => {
  copy = await createTestDatabase();
  proxy = await openCuttableProxy(copy.url);
});
afterEach(async () => {
  await server.close();
  await proxy.close();
  await copy.drop();
});

async function startTurn(prompt: string, leaseMs: number): Promise<string> {
  server = await startTestServer({
    environment: { DATABASE_URL: proxy.url, LEASE_MS: String(leaseMs) },
  });
  const origin = await createTestRepository(join(server.dataDir, "origin"));
  await origin.commit({ "README.md": "# A mill\n" });
  await server.work();
  const sessionId = await server.start({ repository: origin.path, environment: obedient });
  await server.until(sessionId, ({ status }) => status === "idle");
  await server.send(sessionId, prompt);
  await server.until(sessionId, ({ prompts }) =>
    prompts.some((it) => it.text === prompt && it.status === "started"),
  );
  return sessionId;
}

/** How the prompt ended, as soon as it has. */
async function settlementOf(text: string) {
  const read = () =>
    copy.database.sql<{ outcome: string; message: string | null }[]>`
      select outcome, message from prompts where text = ${text} and status = 'settled'`;
  await expect.poll(read, { timeout: 30_000 }).toHaveLength(1);
  return (await read())[0];
}

test("a turn goes on through an outage of the database that is shorter than the lease", async () => {
  const prompt =
    "@say before\n@sleep 1000\n@say during\n@sleep 1500\n@say later\n@sleep 1000\n@say done";
  await startTurn(prompt, 30_000);
  await proxy.cut();
  await delay(4_000);
  await proxy.mend();
  expect(await settlementOf(prompt)).toEqual({ outcome: "completed", message: null });
  const [answer] = await copy.database.sql<{ count: number }[]>`
    select count(*)::int as count from items where body like '%done%' and type = 'part'`;
  expect(answer?.count).toBeGreaterThan(0);
  expect(await copy.database.sql`select 1 from executions`).toHaveLength(1);
});

test("a turn that an outage longer than the lease has ended says so", async () => {
  const prompt = "@say before\n@sleep 500\n@say during\n@hang";
  await startTurn(prompt, 2_000);
  await proxy.cut();
  await delay(4_000);
  await proxy.mend();
  expect(await settlementOf(prompt)).toEqual({
    outcome: "failed",
    message: "The database could not be reached while the agent was working on this",
  });
});
