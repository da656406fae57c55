import { expect, test } from "vitest";
import { pendingSteps } from "#lib/preparation.ts";
import type { SessionState } from "#lib/session-state.ts";
import { cancelPrompt, interruptTurn } from "./prompt-queue.ts";
import { retryPreparation } from "./manage-session.ts";
import { useTestServer } from "./testing/use-test-server.ts";

const context = useTestServer();

const read = (sessionId: string) => context.server.until(sessionId, () => true);
const stop = async (sessionId: string) =>
  interruptTurn(context.server.services, await context.access(sessionId));
const textsOf = ({ prompts }: SessionState) =>
  prompts.map(({ text, waitsFor }) => [text, waitsFor]);

/** A session whose first turn is over, and that nobody owns. */
async function startIdle() {
  const { server, repository } = context;
  const { sql } = server.services.database;
  const sessionId = await server.start({ repository, prompt: "the first" });
  await sql`update prompts set status = 'settled', outcome = 'completed', settled_at = now()`;
  await sql`update preparations set status = 'ready'`;
  await sql`update sessions set status = 'idle', ready_at = now()`;
  return sessionId;
}

test("Stop ends a first preparation that no worker has begun at once, with its prompts kept for Retry (#7)", async () => {
  const { server, repository, access, promptTexts } = context;
  const sessionId = await server.start({ repository, prompt: "the first" });
  await server.send(sessionId, "second");
  await stop(sessionId);
  const stopped = await read(sessionId);
  expect(stopped).toMatchObject({
    status: "failed",
    message: "Stopped",
    preparation: { status: "failed" },
    slotPosition: null,
    interruptRequestedAt: null,
  });
  expect(textsOf(stopped)).toEqual([
    ["the first", "retry"],
    ["second", "retry"],
  ]);
  await retryPreparation(server.services, await access(sessionId));
  await server.work();
  await server.until(sessionId, ({ status, prompts }) => status === "idle" && prompts.length === 0);
  expect(await promptTexts(sessionId)).toEqual(["the first", "second"]);
});

test("a worker that comes to what was stopped before leaves it as it is (#7)", async () => {
  const { server, repository } = context;
  const { sql } = server.services.database;
  const sessionId = await server.start({ repository });
  await stop(sessionId);
  await server.work();
  await expect
    .poll(
      () => sql`select distinct state from pgboss.job where data ->> 'sessionId' = ${sessionId}`,
    )
    .toEqual([{ state: "completed" }]);
  const stopped = await read(sessionId);
  expect(stopped).toMatchObject({ status: "failed", message: "Stopped" });
  expect(stopped.preparation?.steps).toEqual(pendingSteps());
});

test("Stop ends the wait of a session that is to come back (#7)", async () => {
  const { server } = context;
  const sessionId = await startIdle();
  await server.send(sessionId, "go on");
  expect(await read(sessionId)).toMatchObject({ preparation: { status: "waiting" } });
  await stop(sessionId);
  const stopped = await read(sessionId);
  expect(stopped).toMatchObject({ status: "failed", message: "Stopped" });
  expect(textsOf(stopped)).toEqual([["go on", "retry"]]);
});

test("Stop leaves what its owner has to end to its owner (#7)", async () => {
  const { server, repository } = context;
  const { sql } = server.services.database;
  const sessionId = await server.start({ repository });
  await sql`
    insert into leases (session_id, fence, process_id, expires_at)
    values (${sessionId}, 1, ${server.services.processId}, now() + interval '1 minute')`;
  await stop(sessionId);
  expect(await read(sessionId)).toMatchObject({
    status: "preparing",
    interruptRequestedAt: expect.any(String),
  });
});

test("Stop where nothing waits changes nothing (#7)", async () => {
  const { server, access } = context;
  const sessionId = await startIdle();
  const messageId = await server.send(sessionId, "go on");
  await cancelPrompt(server.services, { access: await access(sessionId), messageId });
  await stop(sessionId);
  expect(await read(sessionId)).toMatchObject({ status: "preparing", interruptRequestedAt: null });
});

test("a prompt whose Stop nobody has heeded yet does not run because another is sent (#7)", async () => {
  const { server, promptTexts } = context;
  const { sql } = server.services.database;
  const sessionId = await startIdle();
  await server.send(sessionId, "go on");
  // As a worker leaves it that is killed in the preparation, with the Stop unread.
  await sql`update preparations set status = 'running'`;
  await stop(sessionId);
  await server.send(sessionId, "and further");
  await server.work();
  const stopped = await server.until(sessionId, ({ status }) => status === "failed");
  expect(stopped.message).toBe("Stopped");
  expect(textsOf(stopped)).toEqual([
    ["go on", "retry"],
    ["and further", "retry"],
  ]);
  expect(await promptTexts(sessionId)).toEqual([]);
});
