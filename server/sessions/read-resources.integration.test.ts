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
    sandbox: "process",
    memoryMaxBytes: null,
    processesMax: null,
    diskMaxBytes: 20 * 1024 ** 3,
  });
  expect(resources.processes.length).toBeGreaterThan(0);
  expect(resources.diskBytes).toBeGreaterThan(1_000);
  expect(resources.gaps).toContain("memory is not limited");

  const { sandboxDriver, environment } = server.services;
  const limiting = { ...sandboxDriver, name: "docker" as const, gaps: [] };
  const page = { ...server.services, sandboxDriver: limiting };
  expect(await readResources(page, session)).toMatchObject({
    sandbox: "process",
    memoryMaxBytes: null,
  });
  const { sql } = server.services.database;
  await sql`update processes set sandbox = ${JSON.stringify(limiting)}::text::jsonb where slots > 0`;
  expect(await readResources(server.services, session)).toMatchObject({
    sandbox: "docker",
    memoryMaxBytes: 1024 ** 3,
    processesMax: environment.SESSION_PROCESSES_MAX,
  });

  const peer = { ...server.services, hostId: "another host" };
  expect(await readResources(peer, session)).toMatchObject({ place: "elsewhere", processes: [] });
});
