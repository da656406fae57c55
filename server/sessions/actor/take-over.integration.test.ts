import { expect, test } from "vitest";
import { createMessageId } from "#lib/ids.ts";
import { changeOwnSession } from "../change-session.ts";
import { takeLease } from "../lease.ts";
import { reconcileSessions } from "../reconcile-sessions.ts";
import { obedient, owner } from "../testing/test-server.ts";
import { useTestServer } from "../testing/use-test-server.ts";
import { runSession } from "./run-session.ts";

const context = useTestServer();

const promptRows = (sessionId: string) =>
  context.server.services.database.sql<{ text: string; status: string; outcome: string | null }[]>`
    select text, status, outcome from prompts where session_id = ${sessionId} order by created_at`;

test("of two workers one owns a session, whichever asks first; a prompt for it goes to the owner", async () => {
  const { server, repository, promptTexts, startPeer } = context;
  const peer = await startPeer();
  await server.work();
  await peer.work();
  const sessionId = await server.start({ repository, prompt: "@sleep 200", environment: obedient });
  await server.until(sessionId, ({ readyAt }) => readyAt !== null);
  for (let count = 0; count < 5; count += 1) await peer.send(sessionId, `prompt ${count}`);
  await server.until(sessionId, ({ status, prompts }) => status === "idle" && prompts.length === 0);
  expect(await promptTexts(sessionId)).toHaveLength(6);
  const executions = await server.services.database.sql`select 1 from executions`;
  expect(executions).toHaveLength(1);
});

test("a thawed worker writes nothing: its fence is old", async () => {
  const { server, repository } = context;
  const { database, processId, log } = server.services;
  const sessionId = await server.start({ repository });
  const options = { sessionId, generation: 1, processId, leaseMs: 60_000, log };
  const frozen = await takeLease(database, options);
  frozen?.stopRenewal();
  await database.sql`update leases set expires_at = now() - interval '1 second'`;
  const next = await takeLease(database, options);
  next?.stopRenewal();
  expect(next?.fence).toBe((frozen?.fence ?? 0) + 1);
  const rename = (fence: number, title: string) =>
    changeOwnSession(server.services, { sessionId, generation: 1, fence }, async (tx) => {
      await tx`update sessions set title = ${title} where id = ${sessionId}`;
    });
  await rename(next?.fence ?? 0, "new");
  await expect(rename(frozen?.fence ?? 0, "old")).rejects.toMatchObject({ code: "conflict" });
  const [row] = await database.sql`select title from sessions`;
  expect(row).toEqual({ title: "new" });
});

test("a prompt that a dead worker had delivered is never sent again; one that waited is", async () => {
  const { server, repository, promptTexts, startPeer } = context;
  const { sql } = server.services.database;
  await server.work();
  const sessionId = await server.start({ repository });
  await server.until(sessionId, ({ status }) => status === "idle");
  await server.drain();
  // As a process leaves it that is killed in the middle of a turn.
  await sql`
    insert into prompts (session_id, generation, message_id, owner_id, text, request_hash, status, delivered_at)
    values (${sessionId}, 1, ${createMessageId()}, ${owner.userId}, 'half done', 'x', 'started', now())`;
  await sql`update sessions set status = 'working'`;
  const peer = await startPeer();
  await peer.send(sessionId, "waited");
  await peer.work();
  await peer.until(
    sessionId,
    ({ status, prompts }) => status === "idle" && prompts.every((p) => p.status === "settled"),
  );
  expect(await promptRows(sessionId)).toMatchObject([
    { text: "Look around", outcome: "completed" },
    { text: "half done", outcome: "failed" },
    { text: "waited", outcome: "completed" },
  ]);
  expect(await promptTexts(sessionId)).toEqual(["Look around", "waited"]);
});

test("a drained server interrupts the turn, and a preparation goes on with the next one", async () => {
  const { server, repository, startPeer } = context;
  await server.work();
  const turning = await server.start({
    repository,
    prompt: "@say hello\n@hang",
    environment: obedient,
  });
  await server.until(turning, ({ status }) => status === "working");
  const preparing = await server.start({
    repository,
    setupCommands: ["test -e ../go || sleep 600"],
  });
  await server.until(
    preparing,
    (state) =>
      state.preparation?.steps.some(
        (step) => step.step === "setup" && step.status === "running",
      ) === true,
  );
  await server.drain();
  const interrupted = await server.until(turning, ({ status }) => status === "idle");
  expect(interrupted.prompts).toMatchObject([
    { outcome: "interrupted", message: "The server was stopped" },
  ]);
  const waiting = await server.until(preparing, ({ status }) => status === "preparing");
  expect(waiting.preparation?.status).toBe("waiting");
  expect(await server.childProcessIds(turning)).toEqual([]);
  expect(await server.childProcessIds(preparing)).toEqual([]);
  await server.services.database.sql`
    update sessions set setup_commands = '[]' where id = ${preparing}`;
  const peer = await startPeer();
  await peer.work();
  await peer.until(preparing, ({ status }) => status === "idle");
});

test("a session whose job was lost is found and run", async () => {
  const { server, repository, startPeer } = context;
  await server.services.queue.stop({ timeoutMs: 1_000 });
  const sessionId = await server.start({ repository }).catch(() => null);
  expect(sessionId).toBeNull();
  const peer = await startPeer();
  const stranded = await peer.start({ repository });
  await peer.services.database.sql`delete from pgboss.job`;
  await reconcileSessions(peer.services);
  await peer.work();
  await peer.until(stranded, ({ status }) => status === "idle");
});

test("run twice, the job of a session with nothing to do does nothing", async () => {
  const { server, repository } = context;
  await server.work();
  const sessionId = await server.start({ repository });
  await server.until(sessionId, ({ status }) => status === "idle");
  await server.drain();
  const [before] = await server.services.database.sql`select counter, status from sessions`;
  const signal = new AbortController().signal;
  const drain = { begun: signal, over: signal };
  for (let run = 0; run < 2; run += 1) {
    await runSession(server.services, { sessionId, generation: 1 }, { drain, signal });
  }
  const [after] = await server.services.database.sql`select counter, status from sessions`;
  expect(after).toEqual(before);
});

test("a turn longer than the queue's usual patience neither expires nor runs twice nor delays others", async () => {
  const { server, repository, promptTexts } = context;
  const { sql } = server.services.database;
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@say hello\n@sleep 4000",
    environment: obedient,
  });
  await server.until(sessionId, ({ status }) => status === "working");
  // As if it had begun twenty minutes ago; the queue looks for overdue jobs every second.
  await sql`
    update pgboss.job set started_on = now() - interval '20 minutes', created_on = now() - interval '21 minutes'
    where state = 'active'`;
  await server.send(sessionId, "afterwards");
  const other = await server.start({ repository });
  await server.until(other, ({ status }) => status === "idle");
  expect((await server.until(sessionId, () => true)).status).toBe("working");
  await server.until(sessionId, ({ status, prompts }) => status === "idle" && prompts.length === 0);
  expect(await promptTexts(sessionId)).toEqual(["@say hello\n@sleep 4000", "afterwards"]);
  const rows = await sql`select 1 from executions where session_id = ${sessionId}`;
  expect(rows).toHaveLength(1);
});
