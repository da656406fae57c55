import { expect, test } from "vitest";
import { findVariable } from "#server/sandboxes/process-table.ts";
import { obedient } from "#server/sessions/testing/test-server.ts";
import { useTestServer } from "#server/sessions/testing/use-test-server.ts";
import { readOutputToken } from "./output-token.ts";

const context = useTestServer();

const listed = async (sessionId: string) => {
  const rows = await context.server.services.database.sql<Record<string, unknown>[]>`
    select port, state, bytes::int, execution_id as "executionId" from outputs
    where session_id = ${sessionId} order by id`;
  return [...rows];
};

test("what an agent writes under outputs/ comes out with its turn, and its tools may bring more", async () => {
  const { server, repository } = context;
  const { database } = server.services;
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@say hello\n@write outputs/made.txt",
    environment: obedient,
    setupCommands: ["mkdir -p outputs && echo before > outputs/before.txt"],
  });
  const ended = await server.until(sessionId, ({ status }) => status === "idle");
  const [execution] = await database.sql<{ id: string }[]>`
    select id from executions where session_id = ${sessionId}`;
  const executionId = execution!.id;
  expect(await listed(sessionId)).toEqual([
    { port: "made.txt", state: "complete", bytes: 18, executionId },
  ]);
  expect(ended.outputs.count).toBe(1);

  const tokens = (await server.childProcessIds(sessionId)).map((pid) =>
    findVariable(pid, "MILLRACE_OUTPUT_TOKEN"),
  );
  const token = (await Promise.all(tokens)).find((one) => one !== null) ?? "";
  expect(await readOutputToken(database, token)).toEqual({ sessionId, generation: 1, executionId });
  await server.drain();
  await expect(readOutputToken(database, token)).rejects.toMatchObject({ code: "unauthorized" });
});

test("the token of an agent that shows it is taken out of what it says", async () => {
  const { server, repository } = context;
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@show MILLRACE_OUTPUT_TOKEN",
    environment: obedient,
  });
  await server.until(sessionId, ({ status }) => status === "idle");
  const rows = await server.services.database.sql<{ body: string }[]>`
    select body::text from items where session_id = ${sessionId}`;
  const said = rows.map(({ body }) => body).join("\n");
  expect(said).toContain("MILLRACE_OUTPUT_TOKEN is [redacted]");
  expect(said).not.toContain("mro_exe_");
});

test("a turn that fails leaves what it wrote", async () => {
  const { server, repository } = context;
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@say hello\n@write outputs/made.txt\n@fail broken",
    environment: obedient,
    setupCommands: ["mkdir -p outputs"],
  });
  await server.until(sessionId, ({ status }) => status === "idle");
  expect((await listed(sessionId)).map(({ port }) => port)).toEqual(["made.txt"]);
});
