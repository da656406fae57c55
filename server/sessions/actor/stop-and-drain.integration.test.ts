import { expect, test } from "vitest";
import type { SessionState } from "#lib/session-state.ts";
import { interruptTurn } from "../prompt-queue.ts";
import { useTestServer } from "../testing/use-test-server.ts";
import { runSession } from "./run-session.ts";

const context = useTestServer();

const inSetup = ({ preparation }: SessionState) =>
  preparation?.steps.some(({ step, status }) => step === "setup" && status === "running") ?? false;

/** Begins a preparation that does not end by itself; `endServer` ends it as the end of the time to drain does. */
async function startEndless() {
  const { server, repository } = context;
  const sessionId = await server.start({ repository, setupCommands: ["sleep 600"] });
  const over = new AbortController();
  const drain = { begun: new AbortController().signal, over: over.signal };
  const { signal } = new AbortController();
  const run = runSession(server.services, { sessionId, generation: 1 }, { drain, signal });
  await server.until(sessionId, inSetup);
  const stop = async () => interruptTurn(server.services, await context.access(sessionId));
  return { sessionId, run, stop, endServer: () => over.abort() };
}

/** Does one thing, and the other between the end of the setup that comes of it and what is written then. */
async function between(sessionId: string, first: () => unknown, second: () => unknown) {
  const { sql } = context.server.services.database;
  await sql.begin(async (tx) => {
    await tx`select 1 from preparations where session_id = ${sessionId} for update`;
    await first();
    await expect
      .poll(() => sql`select 1 from pg_stat_activity where wait_event_type = 'Lock'`)
      .toHaveLength(1);
    await second();
  });
}

const stopped = { status: "failed", message: "Stopped", preparation: { status: "failed" } };

test("a preparation that somebody has stopped does not begin again with the next server (#7)", async () => {
  const { sessionId, run, stop, endServer } = await startEndless();
  await between(sessionId, stop, endServer);
  await run;
  const ended = await context.server.until(sessionId, () => true);
  expect(ended).toMatchObject({ ...stopped, prompts: [{ status: "accepted" }] });
});

test("a Stop that comes while the server ends a preparation is the next server's to carry out (#7)", async () => {
  const { server } = context;
  const { sessionId, run, stop, endServer } = await startEndless();
  await between(sessionId, endServer, stop);
  await run;
  await server.services.database.sql`update sessions set setup_commands = '[]'`;
  await server.work();
  const ended = await server.until(sessionId, ({ status }) => ["failed", "idle"].includes(status));
  expect(ended).toMatchObject({ ...stopped, prompts: [{ status: "accepted" }] });
  expect(await context.promptTexts(sessionId)).toEqual([]);
});
