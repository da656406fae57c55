import { afterEach, beforeEach, expect, test } from "vitest";
import { obedient, startTestServer, type TestServer } from "./testing/test-server.ts";
import { useTestServer } from "./testing/use-test-server.ts";

const context = useTestServer();
const workers: TestServer[] = [];

/** Another process with one slot, that works. */
async function startWorker(): Promise<TestServer> {
  const worker = await startTestServer({
    shared: context.server,
    environment: { MAX_ACTIVE_SESSIONS: "1" },
  });
  workers.push(worker);
  await worker.work();
  return worker;
}

beforeEach(async () => {
  // The server that every test has does not work here: it offers no slots.
  await context.server.services.database.sql`update processes set slots = 0`;
});
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.close();
});

const busy = { prompt: "@say hello\n@hang", environment: obedient };

test("a process fetches no session without a free slot, so that another one finds it", async () => {
  const { server, repository } = context;
  const { sql } = server.services.database;
  const full = await startWorker();
  const returning = await full.start({ repository });
  await full.until(returning, ({ status }) => status === "idle");
  const working = await full.start({ repository, ...busy });
  await full.until(working, ({ status }) => status === "working");
  // One whose folder is on this host, and a new one: neither may be held by the process that cannot run it.
  await full.send(returning, "And again");
  const starting = await full.start({ repository });
  const { slotPosition } = await full.until(starting, ({ preparation }) => preparation !== null);
  expect(slotPosition).toBe(2);
  await expect
    .poll(() => sql`select data ->> 'sessionId' as id from pgboss.job where state = 'active'`)
    .toEqual([{ id: working }]);
  const free = await startWorker();
  await free.until(returning, ({ status, prompts }) => status === "idle" && prompts.length === 0);
  await free.until(starting, ({ status }) => status === "idle");
  expect((await full.until(working, () => true)).status).toBe("working");
});

test("an idle actor keeps its slot while another process has a free one, and gives way when none has", async () => {
  const { server, repository } = context;
  const { sql } = server.services.database;
  const owners = async () =>
    (
      await sql<{ id: string }[]>`select session_id as id from leases where process_id is not null`
    ).map(({ id }) => id);
  const first = await startWorker();
  const idle = await first.start({ repository });
  await first.until(idle, ({ status }) => status === "idle");
  const second = await startWorker();
  const busyOne = await second.start({ repository, ...busy });
  await second.until(busyOne, ({ status }) => status === "working");
  expect((await owners()).toSorted()).toEqual([idle, busyOne].toSorted());
  const next = await second.start({ repository });
  await second.until(next, ({ status }) => status === "idle");
  expect((await owners()).toSorted()).toEqual([next, busyOne].toSorted());
});
