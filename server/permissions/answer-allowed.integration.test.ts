import { expect, test } from "vitest";
import type { SessionState } from "#lib/session-state.ts";
import type { PermissionRequest } from "#server/agents/permission-policy.ts";
import { obedient, owner } from "#server/sessions/testing/test-server.ts";
import { useTestServer } from "#server/sessions/testing/use-test-server.ts";
import { answerRequest } from "./answer-request.ts";
import { changePermissions } from "./permission-rules.ts";
import type { RequestDesk } from "./request-desk.ts";
import { openTestDesk } from "./testing/open-test-desk.ts";

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
  const { sessionId, desk, close } = await openTestDesk(context.server, context.repository);
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
  const { sessionId, desk, close } = await openTestDesk(context.server, context.repository);
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
  const { desk, sessionId, close } = await openTestDesk(context.server, context.repository);
  for (let round = 0; round < 20; round += 1) {
    await context.server.services.database.sql`
      update sessions set permissions = 'ask' where id = ${sessionId}`;
    const asked = ask(desk, leaveFor(`npm test ${round}`));
    await allowAll(sessionId);
    expect(await asked).toEqual({ outcome: "selected", optionId: "yes" });
  }
  close();
});

test("what a worker asked that is lost is not answered in its place", async () => {
  const { server, repository } = context;
  const { sessionId, desk, close } = await openTestDesk(server, repository);
  const turn = new AbortController();
  const asked = desk.onPermission(leaveFor("npm test"), turn);
  await server.until(sessionId, asks(1));
  const { sql } = server.services.database;
  await sql`update leases set expires_at = now() where session_id = ${sessionId}`;
  await allowAll(sessionId);
  const [request] =
    await sql`select state from permission_requests where session_id = ${sessionId}`;
  expect(request).toMatchObject({ state: "pending" });
  turn.abort();
  expect(await asked).toEqual({ outcome: "cancelled" });
  close();
});
