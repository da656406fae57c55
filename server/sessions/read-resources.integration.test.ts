import { expect, test } from "vitest";
import { createCaller } from "#server/routers/app-router.ts";
import { obedient, owner } from "./testing/test-server.ts";
import { useTestServer } from "./testing/use-test-server.ts";
import { readResources } from "./read-resources.ts";

const context = useTestServer();

test("what a session uses is known where it works, and as long as it has a workspace", async () => {
  const { server, repository } = context;
  const prompt = "@say hello\n@hang";
  const { profile } = createCaller({
    services: server.services,
    viewer: owner,
    callerGone: () => AbortSignal.abort(),
  });
  const settings = { variables: {}, setupCommands: [], memoryMaxBytes: 1024 ** 3 };
  await profile.create({ name: "Small", isDefault: true, settings });
  const sessionId = await server.start({ repository, prompt, environment: obedient });
  const session = { sessionId, generation: 1 };
  expect(await readResources(server.services, session)).toMatchObject({ place: "none" });

  await server.work();
  await server.until(sessionId, ({ status }) => status === "working");
  const resources = await readResources(server.services, session);
  expect(resources).toMatchObject({
    place: "here",
    enforced: {
      sandbox: "process",
      memoryMaxBytes: null,
      processesMax: null,
      diskMaxBytes: 20 * 1024 ** 3,
    },
  });
  expect(resources.processes.length).toBeGreaterThan(0);
  expect(resources.diskBytes).toBeGreaterThan(1_000);
  expect(resources.enforced?.gaps).toContain("memory is not limited");

  const peer = { ...server.services, hostId: "another host" };
  expect(await readResources(peer, session)).toMatchObject({
    place: "elsewhere",
    processes: [],
    enforced: { sandbox: "process" },
  });
});

test("limits are those of the worker that runs the session, whatever the page's process has", async () => {
  const { server, repository } = context;
  const { services } = server;
  const { sql } = services.database;
  const prompt = "@say hello\n@hang";
  const sessionId = await server.start({ repository, prompt, environment: obedient });
  const read = async () => (await readResources(page, { sessionId, generation: 1 })).enforced;
  const page = {
    ...services,
    environment: { ...services.environment, SESSION_MEMORY_MAX_BYTES: 7, SESSION_PROCESSES_MAX: 8 },
  };
  const tell = (sandbox: object) =>
    sql`update processes set sandbox = ${JSON.stringify(sandbox)}::text::jsonb where slots > 0`;
  await server.work();
  await server.until(sessionId, ({ status }) => status === "working");
  const limits = { memoryBytes: 1_000, processCount: 20, diskBytes: 3_000 };
  await tell({ name: "docker", isIsolating: true, gaps: [], limits });
  await sql`
    insert into processes (id, host_id, lock_key, roles, slots, sandbox)
    select 'neighbour', host_id, 1, 'worker', 1,
      '{"name": "process", "isIsolating": false, "gaps": ["nothing is kept"]}'
    from processes limit 1`;
  expect(await read()).toEqual({
    sandbox: "docker",
    gaps: [],
    memoryMaxBytes: 1_000,
    processesMax: 20,
    diskMaxBytes: 3_000,
  });

  await tell({ name: "bubblewrap", isIsolating: true, gaps: ["memory is not limited"] });
  await sql`delete from processes where id = 'neighbour'`;
  expect(await read()).toMatchObject({ memoryMaxBytes: null, processesMax: 8 });
  await sql`update processes set slots = 0`;
  expect(await read()).toBeNull();
});
