import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createMessageId } from "#lib/ids.ts";
import { requireSession } from "#server/accounts/policy.ts";
import { readItemsAfter } from "#server/items/read-items-after.ts";
import { createTestRepository } from "#server/workspaces/testing/test-repository.ts";
import { changeOwnSession } from "../change-session.ts";
import { takeLease } from "../lease.ts";
import { initiateSession, updateSession } from "../manage-session.ts";
import { cancelPrompt, interruptTurn, retryPrompt } from "../prompt-queue.ts";
import { reconcileSessions } from "../reconcile-sessions.ts";
import { deleteSession } from "../remove-session.ts";
import { obedient, owner, startTestServer, type TestServer } from "../testing/test-server.ts";
import { runSession } from "./run-session.ts";

let folder: string;
let repository: string;
let server: TestServer;
const others: TestServer[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-actor-"));
  const origin = await createTestRepository(join(folder, "app"));
  await origin.commit({ "README.md": "# A mill\n" });
  repository = origin.path;
  server = await startTestServer();
});
afterEach(async () => {
  for (const other of others.splice(0)) await other.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const access = (sessionId: string) =>
  requireSession(server.services.database, owner, { sessionId, action: "write" });

async function promptTexts(sessionId: string): Promise<string[]> {
  const { items } = await readItemsAfter(server.services.database, {
    sessionId,
    generation: 1,
    afterSeq: 0,
    maxCount: 10_000,
    maxBytes: 100_000_000,
  });
  const users = new Set(
    items.filter((item) => item.body?.includes('"role":"user"')).map((item) => item.messageId),
  );
  return items
    .filter((item) => item.type === "part" && users.has(item.messageId))
    .map((item) => JSON.parse(item.body ?? "{}").text);
}

const promptRows = (sessionId: string) =>
  server.services.database.sql<{ text: string; status: string; outcome: string | null }[]>`
    select text, status, outcome from prompts where session_id = ${sessionId} order by created_at`;

/** A second process on the same database and disk. */
async function startPeer() {
  const peer = await startTestServer({ shared: server });
  others.push(peer);
  return peer;
}

test("follow-ups run one after another in the order in which they came", async () => {
  await server.work();
  const sessionId = await server.start({ repository, prompt: "@sleep 300", environment: obedient });
  await server.until(sessionId, ({ readyAt }) => readyAt !== null);
  for (const text of ["first", "second", "third"]) await server.send(sessionId, text);
  await server.until(sessionId, ({ status, prompts }) => status === "idle" && prompts.length === 0);
  expect(await promptTexts(sessionId)).toEqual(["@sleep 300", "first", "second", "third"]);
});

test("the same message id is one prompt; with another text it is a conflict; an eleventh must wait", async () => {
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@say hello\n@hang",
    environment: obedient,
  });
  await server.until(sessionId, ({ readyAt }) => readyAt !== null);
  const id = await server.send(sessionId, "once");
  expect(await server.send(sessionId, "once", id)).toBe(id);
  await expect(server.send(sessionId, "twice", id)).rejects.toMatchObject({ code: "conflict" });
  for (let count = 1; count < 10; count += 1) await server.send(sessionId, `waits ${count}`);
  await expect(server.send(sessionId, "eleventh")).rejects.toMatchObject({ code: "rate_limited" });
  await cancelPrompt(server.services, { access: await access(sessionId), messageId: id });
  await server.send(sessionId, "eleventh");
});

test("a repeated start finds its session, and another request under the same id is a conflict", async () => {
  const messageId = createMessageId();
  const [first, second] = await Promise.all([
    server.start({ repository, messageId }),
    server.start({ repository, messageId }),
  ]);
  expect(second).toBe(first);
  await expect(server.start({ repository, messageId, prompt: "Other" })).rejects.toMatchObject({
    code: "conflict",
  });
  const rows = await server.services.database.sql`select id from sessions`;
  expect(rows).toHaveLength(1);
});

test("Stop ends a running turn as interrupted, and the session takes the next prompt", async () => {
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@say hello\n@hang",
    environment: obedient,
  });
  await server.until(sessionId, ({ status }) => status === "working");
  await interruptTurn(server.services, await access(sessionId));
  const stopped = await server.until(sessionId, ({ status }) => status === "idle");
  expect(stopped.prompts).toMatchObject([{ outcome: "interrupted", message: "Stopped" }]);
  await server.send(sessionId, "go on");
  await server.until(sessionId, ({ status, prompts }) => status === "idle" && prompts.length === 1);
  expect(await promptTexts(sessionId)).toHaveLength(2);
});

test("Stop ends a preparation, whose prompt waits for Retry", async () => {
  await server.work();
  const sessionId = await server.start({ repository, setupCommands: ["sleep 600"] });
  await server.until(
    sessionId,
    (state) =>
      state.preparation?.steps.some(
        (step) => step.step === "setup" && step.status === "running",
      ) === true,
  );
  await interruptTurn(server.services, await access(sessionId));
  const state = await server.until(sessionId, ({ status }) => status === "failed");
  expect(state.message).toBe("Stopped");
  expect(state.prompts).toMatchObject([{ status: "accepted" }]);
  await expect.poll(() => server.childProcessIds(sessionId)).toEqual([]);
});

test("an agent that dies in a turn fails the turn; a retry starts it again in the same folder", async () => {
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@say hello\n@write made.txt\n@exit 9",
    environment: obedient,
  });
  const state = await server.until(sessionId, ({ status }) => status === "idle");
  expect(state.prompts).toMatchObject([{ outcome: "failed" }]);
  expect(state.prompts[0]?.message).toContain("exited with code 9");
  await server.send(sessionId, "@say still here");
  await server.until(sessionId, ({ status, prompts }) => status === "idle" && prompts.length === 1);
  const { messageId = "" } = state.prompts[0] ?? {};
  await retryPrompt(server.services, { access: await access(sessionId), messageId });
  await server.until(sessionId, ({ prompts }) =>
    prompts.some((prompt) => prompt.messageId !== messageId),
  );
  await expect(
    retryPrompt(server.services, { access: await access(sessionId), messageId }),
  ).rejects.toMatchObject({ code: "conflict" });
});

test("held back, a session prepares and waits; what changes then is what runs, once", async () => {
  await server.work();
  const sessionId = await server.start({ repository, prompt: "draft", autoInitiate: false });
  const prepared = await server.until(sessionId, ({ status }) => status === "prepared");
  expect(prepared).toMatchObject({ readyAt: null, preparation: { status: "prepared" } });
  await updateSession(server.services, await access(sessionId), {
    sessionId,
    prompt: "final",
    setupCommands: ["echo again"],
  });
  await initiateSession(server.services, await access(sessionId));
  await initiateSession(server.services, await access(sessionId));
  const ended = await server.until(sessionId, ({ status }) => status === "idle");
  expect(await promptTexts(sessionId)).toEqual(["final"]);
  expect(ended.preparation?.steps.find(({ step }) => step === "setup")?.logTail).toContain("again");
  await expect(
    updateSession(server.services, await access(sessionId), { sessionId, prompt: "late" }),
  ).rejects.toMatchObject({ code: "conflict" });
});

test("a deleted session ends its agent, leaves no folder and answers as unknown", async () => {
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@say hello\n@hang",
    environment: obedient,
  });
  await server.until(sessionId, ({ status }) => status === "working");
  await deleteSession(server.services, await access(sessionId));
  await expect(access(sessionId)).rejects.toMatchObject({ code: "not_found" });
  await expect.poll(() => server.workspaceNames(), { timeout: 10_000 }).toEqual([]);
  await expect.poll(() => server.childProcessIds(sessionId)).toEqual([]);
  const rows = await server.services.database
    .sql`select 1 from items where session_id = ${sessionId}`;
  expect(rows).toHaveLength(0);
});

test("of two workers one owns a session, whichever asks first; a prompt for it goes to the owner", async () => {
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
  await server.work();
  const sessionId = await server.start({ repository });
  await server.until(sessionId, ({ status }) => status === "idle");
  await server.drain();
  const [before] = await server.services.database.sql`select counter, status from sessions`;
  const signal = new AbortController().signal;
  const drain = { begun: signal, over: signal };
  for (let run = 0; run < 2; run += 1) {
    await runSession(
      server.services,
      { sessionId, generation: 1 },
      { drain, slots: { isFull: () => false, take: async () => () => {} }, signal },
    );
  }
  const [after] = await server.services.database.sql`select counter, status from sessions`;
  expect(after).toEqual(before);
});

test("a turn longer than the queue's usual patience neither expires nor runs twice nor delays others", async () => {
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
