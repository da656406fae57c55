import { expect, test } from "vitest";
import type { SessionState } from "#lib/session-state.ts";
import type { PermissionRequest } from "#server/agents/permission-policy.ts";
import { takeLease } from "#server/sessions/lease.ts";
import { obedient, owner } from "#server/sessions/testing/test-server.ts";
import { useTestServer } from "#server/sessions/testing/use-test-server.ts";
import { answerRequest } from "./answer-request.ts";
import { changePermissions } from "./permission-rules.ts";
import { openRequestDesk, type RequestDesk } from "./request-desk.ts";

const context = useTestServer();

const asks = (count: number) => (state: SessionState) => state.requests.length === count;

async function allowAll(sessionId: string) {
  const who = { viewer: owner, access: await context.access(sessionId) };
  await changePermissions(context.server.services, who, "allow");
}

const leaveFor = (command: string, kind = "allow_once"): PermissionRequest => ({
  sessionId: "s",
  toolCall: { toolCallId: command, title: command, kind: "execute", rawInput: { command } },
  options: [
    { optionId: "no", name: "No", kind: "reject_once" },
    { optionId: "yes", name: "Yes", kind: kind as "allow_once" },
  ],
});

/** A desk of a session whose turn runs, as its actor opens it. */
async function openDesk() {
  const { server, repository } = context;
  const { database, processId, log } = server.services;
  const sessionId = await server.start({ repository, permissions: "ask" });
  const options = { sessionId, generation: 1, processId, leaseMs: 60_000, log };
  const lease = await takeLease(database, options);
  await database.sql`update prompts set status = 'started' where session_id = ${sessionId}`;
  await database.sql`
    update sessions set status = 'working', ready_at = now() where id = ${sessionId}`;
  const ownership = { sessionId, generation: 1, fence: lease?.fence ?? 0 };
  const desk = openRequestDesk(server.services, { ownership, executionId: "exe_1" });
  return { sessionId, desk, close: () => lease?.stopRenewal() };
}

const ask = (desk: RequestDesk, request: PermissionRequest) =>
  desk.onPermission(request, { signal: new AbortController().signal });

test("what waits for leave is answered when all is allowed, once, and every page hears of it", async () => {
  const { server, repository } = context;
  await server.work();
  const peer = await context.startPeer();
  const sessionId = await server.start({
    repository,
    prompt: "@ask npm test\n@ask npm run build",
    permissions: "ask",
    environment: obedient,
  });
  const { requests } = await server.until(sessionId, asks(1));
  const news: unknown[] = [];
  peer.services.bus.subscribe((each) => news.push(each));
  await allowAll(sessionId);
  const done = await peer.until(sessionId, ({ status }) => status === "idle");
  expect(done).toMatchObject({ permissions: "allow", requests: [], prompts: [] });
  await expect
    .poll(() => news)
    .toContainEqual(expect.objectContaining({ kind: "state", sessionId }));
  const late = {
    viewer: owner,
    access: await context.access(sessionId),
    requestId: requests[0]?.requestId ?? "",
    answer: { optionId: "never" },
    always: false,
  };
  await expect(answerRequest(server.services, late)).rejects.toThrow("answered already: Allow");
});

test("all that waits gets the agent's own leave; what offers none is not allowed in its name", async () => {
  const { sessionId, desk, close } = await openDesk();
  const answers = Promise.all([
    ask(desk, leaveFor("npm test")),
    ask(desk, leaveFor("npm run build", "allow_always")),
    ask(desk, leaveFor("rm -rf /", "reject_always")),
  ]);
  const asked = await context.server.until(sessionId, asks(3));
  expect(asked.status).toBe("needs_you");
  await allowAll(sessionId);
  expect(await answers).toEqual([
    { outcome: "selected", optionId: "yes" },
    { outcome: "selected", optionId: "yes" },
    { outcome: "cancelled" },
  ]);
  expect(await context.server.until(sessionId, asks(0))).toMatchObject({ status: "working" });
  close();
});

test("a question still waits for a person when all is allowed", async () => {
  const { server, repository } = context;
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@question Which one?",
    permissions: "ask",
    environment: obedient,
  });
  await server.until(sessionId, asks(1));
  await allowAll(sessionId);
  expect(await server.until(sessionId, asks(1))).toMatchObject({ status: "needs_you" });
});

test("what is always allowed answers the same that waits beside it, and nothing else", async () => {
  const { server } = context;
  const { sessionId, desk, close } = await openDesk();
  const same = Promise.all([ask(desk, leaveFor("npm test")), ask(desk, leaveFor("npm test"))]);
  const other = ask(desk, leaveFor("npm run build"));
  const { requests } = await server.until(sessionId, asks(3));
  const requestId = requests.find(({ title }) => title === "npm test")?.requestId ?? "";
  const access = await context.access(sessionId);
  const given = { viewer: owner, access, requestId, answer: { optionId: "yes" }, always: true };
  await answerRequest(server.services, given);
  expect(await same).toMatchObject([{ optionId: "yes" }, { optionId: "yes" }]);
  expect((await server.until(sessionId, asks(1))).requests[0]?.title).toBe("npm run build");
  await allowAll(sessionId);
  await other;
  close();
});

test("what is asked in the moment in which all is allowed does not wait", async () => {
  const { desk, sessionId, close } = await openDesk();
  for (let round = 0; round < 20; round += 1) {
    await context.server.services.database.sql`
      update sessions set permissions = 'ask' where id = ${sessionId}`;
    const asked = ask(desk, leaveFor(`npm test ${round}`));
    await allowAll(sessionId);
    expect(await asked).toEqual({ outcome: "selected", optionId: "yes" });
  }
  close();
});
