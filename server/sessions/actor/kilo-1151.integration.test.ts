// Each test is named for a bug that the asynchronous preparation of another product had (Kilo-Org/cloud #1151).
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createMessageId } from "#lib/ids.ts";
import { requireSession } from "#server/accounts/policy.ts";
import { readItemsAfter } from "#server/items/read-items-after.ts";
import { startTestHost, type TestHost } from "#server/workspaces/testing/test-repository.ts";
import { retryPreparation } from "../manage-session.ts";
import { discardSession } from "../remove-session.ts";
import { obedient, owner, startTestServer, type TestServer } from "../testing/test-server.ts";

let host: TestHost;
let server: TestServer;

beforeAll(async () => {
  host = await startTestHost();
  await host.origin.commit({
    "README.md": "# A mill\n",
    "src/wheel.ts": "export const wheel = 1;\n",
  });
  server = await startTestServer({
    environment: {
      ALLOWED_PRIVATE_HOSTS: new URL(host.server.url).host,
      FIRST_UPDATE_TIMEOUT_MS: "3000",
      CLONE_TIMEOUT_MS: "15000",
    },
  });
  await server.work();
});
afterAll(async () => {
  await server.close();
  await host.close();
});
beforeEach(() => host.server.release());

const repository = () => host.repository.url;
const access = (sessionId: string) =>
  requireSession(server.services.database, owner, { sessionId, action: "write" });
const items = async (sessionId: string) =>
  (
    await readItemsAfter(server.services.database, {
      sessionId,
      generation: 1,
      afterSeq: 0,
      maxCount: 1_000,
      maxBytes: 10_000_000,
    })
  ).items;
const step = (state: Awaited<ReturnType<TestServer["until"]>>, name: string) =>
  state.preparation?.steps.find((candidate) => candidate.step === name);

test("16: a start asks nothing of the network, so a git host that hangs does not hold it up", async () => {
  host.server.hold();
  const before = host.server.requests.length;
  const sessionId = await server.start({ repository: repository() });
  expect(sessionId).toMatch(/^ses_/);
  await server.until(sessionId, (state) => step(state, "clone")?.status === "running");
  expect(host.server.requests.length - before).toBeLessThanOrEqual(1);
  host.server.release();
  await server.until(sessionId, (state) => state.status === "idle");
});

test("17: a prompt that the agent never took is accepted again and the session is not ready", async () => {
  const sessionId = await server.start({
    repository: repository(),
    prompt: "@exit 3",
    environment: obedient,
  });
  const state = await server.until(sessionId, ({ status }) => status === "failed");
  expect(state.readyAt).toBeNull();
  expect(state.prompts).toMatchObject([{ status: "accepted", outcome: null }]);
  expect(step(state, "prompt")).toMatchObject({ status: "failed" });
  expect(step(state, "prompt")?.message).toContain("exited with code 3");
  expect(await items(sessionId)).toEqual([]);
});

test("18: the session is ready with the agent's first word, not when the prompt is sent", async () => {
  const sessionId = await server.start({
    repository: repository(),
    prompt: "@hang",
    environment: obedient,
  });
  const running = await server.until(
    sessionId,
    (state) => step(state, "prompt")?.status === "running",
  );
  expect(running).toMatchObject({ readyAt: null, status: "preparing" });
  expect(running.preparation?.status).toBe("running");
  const failed = await server.until(sessionId, ({ status }) => status === "failed");
  expect(failed.message).toContain("did not answer in time");
});

test("19: times are read after what they measure", async () => {
  const sessionId = await server.start({
    repository: repository(),
    setupCommands: ["sleep 0.6"],
  });
  const state = await server.until(sessionId, ({ status }) => status === "idle");
  expect(step(state, "setup")?.elapsedMs).toBeGreaterThanOrEqual(600);
  expect(Date.parse(step(state, "agent_start")?.startedAt ?? "")).toBeGreaterThanOrEqual(
    Date.parse(step(state, "setup")?.startedAt ?? "") + 600,
  );
});

test("20: discarding never removes a session that has items, however late they came", async () => {
  const sessionId = await server.start({ repository: repository() });
  await server.until(sessionId, ({ status }) => status === "idle");
  await expect(discardSession(server.services, await access(sessionId))).rejects.toMatchObject({
    code: "conflict",
  });
  expect((await items(sessionId)).length).toBeGreaterThan(3);
});

test("20: a session without items is gone after discarding, with its folder and its message id", async () => {
  const messageId = createMessageId();
  const failing = { repository: `${host.server.url}/nothing/.git`, messageId };
  const sessionId = await server.start(failing);
  await server.until(sessionId, ({ status }) => status === "failed");
  await discardSession(server.services, await access(sessionId));
  await expect(access(sessionId)).rejects.toMatchObject({ code: "not_found" });
  expect(await server.workspaceNames()).not.toContain(`${sessionId}-1`);
  // Nothing half-made: the same message starts anew.
  expect(await server.start(failing)).not.toBe(sessionId);
});

test.each([
  ["clone", { repository: "/nothing/.git" }, "found"],
  ["branch", { branch: "no-such-branch" }, "no-such-branch"],
  ["setup", { setupCommands: ["echo grinding; exit 7"] }, "7"],
  ["agent_start", { agent: "qwen" }, "not installed"],
])(
  "21: a failed %s leaves no folder, process or row of a workspace",
  async (name, input, reason) => {
    const { repository: path, ...rest } = { repository: "/app/.git", ...input };
    const sessionId = await server.start({ repository: host.server.url + path, ...rest });
    const state = await server.until(sessionId, ({ status }) => status === "failed");
    expect(step(state, name)).toMatchObject({ status: "failed" });
    expect(state.message).toContain(reason);
    await expect.poll(() => server.workspaceNames()).not.toContain(`${sessionId}-1`);
    const findRows = () => server.services.database.sql`
      select 1 from workspaces where session_id = ${sessionId}`;
    await expect.poll(findRows).toHaveLength(0);
    await expect.poll(() => server.childProcessIds(sessionId)).toEqual([]);
  },
);

test("21: Retry goes on from a failure with the same prompt, once", async () => {
  host.server.failWith(503);
  const sessionId = await server.start({ repository: repository() });
  await server.until(sessionId, ({ status }) => status === "failed");
  host.server.failWith(null);
  await retryPreparation(server.services, await access(sessionId));
  const state = await server.until(sessionId, ({ status }) => status === "idle");
  expect(state.preparation).toMatchObject({ attempt: 2, status: "ready" });
  const prompts = (await items(sessionId)).filter((item) => item.body?.includes('"role":"user"'));
  expect(prompts).toHaveLength(1);
});

test("22: progress is in no table of events and does not move the position in the log", async () => {
  const sessionId = await server.start({
    repository: repository(),
    setupCommands: ["seq -f grain%g 1 2000"],
  });
  const state = await server.until(sessionId, ({ status }) => status === "idle");
  expect(step(state, "setup")?.logTail).toContain("grain2000");
  const all = await items(sessionId);
  const types = new Set(all.map((item) => item.type));
  expect([...types].toSorted()).toEqual(["message", "part", "session"]);
  expect(all.some((item) => item.body?.includes("grain1999"))).toBe(false);
});

test("24: a start is a row and a job, so another worker takes it up when its own never does", async () => {
  const idle = await startTestServer();
  try {
    const sessionId = await idle.start({ repository: host.origin.path });
    await idle.work();
    await idle.until(sessionId, ({ status }) => status === "idle");
  } finally {
    await idle.close();
  }
});
