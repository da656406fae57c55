import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ApiScope } from "#lib/api-scope.ts";
import { createMessageId, createSessionId } from "#lib/ids.ts";
import { PROMPTS_WAITING_MAX } from "#lib/limits.ts";
import type { SessionState } from "#lib/session-state.ts";
import { createApiToken } from "#server/accounts/api-tokens.ts";
import { localOwner } from "#server/accounts/local-owner.ts";
import { useIngest } from "#server/ingest/testing/use-ingest.ts";
import { obedient } from "#server/sessions/testing/test-server.ts";
import { createTestRepository } from "#server/workspaces/testing/test-repository.ts";

const { web, ask, services } = useIngest({ isIdle: true });
let folder: string;
let repository: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-routes-"));
  const origin = await createTestRepository(join(folder, "app"));
  await origin.commit({ "README.md": "# A mill\n" });
  repository = origin.path;
  await web().server.work();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Sent {
  body?: unknown;
  headers?: Record<string, string>;
}

const sendAs = (method: string, path: string, { body, headers = {} }: Sent) =>
  ask(method, `/api/v1/sessions/${path}`, {
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const send = (method: string, path: string, body?: unknown) => sendAs(method, path, { body });

async function bearer(scope: ApiScope) {
  const token = { name: "Test", scopes: [scope], expiresInDays: 1 };
  const { secret } = await createApiToken(services().database, localOwner, token);
  return { cookie: "", authorization: `Bearer ${secret}` };
}

const needsYou = ({ status }: SessionState) => status === "needs_you";

/** A session whose agent waits for an answer. */
async function startAsking(prompt = "@ask npm test") {
  const { server } = web();
  const plan = { repository, prompt, permissions: "ask", environment: obedient } as const;
  const sessionId = await server.start(plan);
  const { requests } = await server.until(sessionId, needsYou);
  return { sessionId, requestId: requests[0]?.requestId ?? "" };
}

/** Whether no prompt waits or runs any longer. */
const isDone = ({ status, prompts }: SessionState) =>
  status === "idle" && prompts.every(({ status: each }) => each === "settled");

test("what the agent asks is read and answered, once", async () => {
  const { sessionId, requestId } = await startAsking();
  const read = await send("GET", `${sessionId}/permissions`);
  expect(read).toMatchObject({
    status: 200,
    body: {
      permissions: "ask",
      requests: [
        {
          requestId,
          kind: "permission",
          options: [
            { option: "once", name: "Allow", kind: "allow_once" },
            { option: "always", name: "Always allow", kind: "allow_always" },
            { option: "never", name: "Reject", kind: "reject_once" },
          ],
        },
      ],
    },
  });

  const { session } = (await send("GET", sessionId)).body;
  expect(session.requests).toEqual(read.body.requests);
  expect(session.prompts).toMatchObject([{ prompt: "@ask npm test", status: "started" }]);
  const path = `${sessionId}/permissions/${requestId}`;
  const answers = await Promise.all([
    send("POST", path, { option: "never" }),
    send("POST", path, { option: "never" }),
  ]);
  const late = answers.find(({ status }) => status !== 200);
  expect(answers.find(({ status }) => status === 200)?.body).toEqual({ requestId });
  expect(late).toMatchObject({
    status: 409,
    body: { detail: "This was answered already: Reject", state: "answered", option: "never" },
  });
  await web().server.until(sessionId, isDone);
  expect((await send("GET", `${sessionId}/permissions`)).body.requests).toEqual([]);
});

test("a question takes what was filled in, or is declined", async () => {
  const { sessionId, requestId } = await startAsking("@question Which one?");
  const path = `${sessionId}/permissions/${requestId}`;
  expect(await send("POST", path, { answer: { colour: "blue" } })).toMatchObject({
    status: 400,
    body: { field: "answer.colour" },
  });
  expect((await send("POST", path, { answer: null })).status).toBe(200);
  expect(await send("POST", path, { answer: { colour: "red" } })).toMatchObject({
    status: 409,
    body: { declined: true },
  });
});

test("answers that nobody waits for are gone, and unknown ones not found", async () => {
  const { sessionId, requestId } = await startAsking();
  const other = await startAsking();
  expect((await send("POST", `${sessionId}/interrupt`)).status).toBe(202);
  const path = `${sessionId}/permissions/${requestId}`;
  expect(await send("POST", path, { option: "once" })).toMatchObject({
    status: 410,
    body: { code: "gone", state: "cancelled" },
  });
  const foreign = `${sessionId}/permissions/${other.requestId}`;
  expect((await send("POST", foreign, { option: "once" })).status).toBe(404);
  expect(
    (await send("POST", `${sessionId}/permissions/${"x".repeat(300)}`, { option: "once" })).status,
  ).toBe(404);
  const ended = await web().server.until(sessionId, isDone);
  expect(ended.prompts).toMatchObject([{ outcome: "interrupted" }]);
});

test("a follow-up is accepted once by its id, waits, is changed and taken back", async () => {
  const { sessionId, requestId } = await startAsking();
  const messageId = createMessageId();
  const prompt = { prompt: "Look again", messageId };
  for (const _ of [1, 2]) {
    expect(await send("POST", `${sessionId}/prompts`, prompt)).toMatchObject({
      status: 201,
      body: { messageId },
    });
  }
  expect((await send("POST", `${sessionId}/prompts`, { ...prompt, prompt: "Other" })).status).toBe(
    409,
  );
  const second = (await send("POST", `${sessionId}/prompts`, { prompt: "Second" })).body.messageId;

  const at = (id: string) => `${sessionId}/prompts/${id}`;
  expect((await send("PATCH", at(messageId), { prompt: "Look twice" })).status).toBe(204);
  expect((await send("DELETE", at(second))).status).toBe(204);
  const { prompts } = (await send("GET", `${sessionId}/prompts`)).body;
  expect(prompts).toMatchObject([{ status: "started" }, { messageId, prompt: "Look twice" }]);
  expect((await send("DELETE", at(second))).body).toMatchObject({
    code: "conflict",
    outcome: "cancelled",
  });
  expect((await send("DELETE", at(createMessageId()))).status).toBe(404);
  expect((await send("PATCH", at(createMessageId()), { prompt: "x" })).status).toBe(404);
  await send("POST", `${sessionId}/permissions/${requestId}`, { option: "once" });
  await web().server.until(sessionId, isDone);
  expect((await send("PATCH", at(messageId), { prompt: "Late" })).status).toBe(409);
});

test("a prompt that was stopped is sent again once", async () => {
  const { sessionId } = await startAsking();
  await send("POST", `${sessionId}/interrupt`);
  const { prompts } = await web().server.until(sessionId, isDone);
  const path = `${sessionId}/prompts/${prompts[0]?.messageId}/retry`;
  const retried = await send("POST", path);
  expect(retried.status).toBe(201);
  expect((await send("POST", path)).body).toEqual(retried.body);
  expect((await send("POST", `${sessionId}/prompts/${createMessageId()}/retry`)).status).toBe(404);
  await web().server.until(sessionId, needsYou);
  await send("POST", `${sessionId}/interrupt`);
});

test("the eleventh waiting prompt is refused, and the ten stay", async () => {
  const { sessionId } = await startAsking();
  for (let count = 0; count < PROMPTS_WAITING_MAX; count += 1)
    expect((await send("POST", `${sessionId}/prompts`, { prompt: `p ${count}` })).status).toBe(201);
  expect(await send("POST", `${sessionId}/prompts`, { prompt: "one more" })).toMatchObject({
    status: 429,
    body: { code: "rate_limited", detail: "10 prompts are waiting already" },
  });
  const { prompts } = (await send("GET", `${sessionId}/prompts`)).body;
  expect(prompts).toHaveLength(1 + PROMPTS_WAITING_MAX);
  await send("DELETE", sessionId);
});

test("a session that is gone, and one whose preparation failed, refuse by name", async () => {
  const { server } = web();
  expect((await send("POST", `${createSessionId()}/prompts`, { prompt: "x" })).status).toBe(404);
  const { sessionId } = await startAsking();
  await send("DELETE", sessionId);
  expect(await send("POST", `${sessionId}/prompts`, { prompt: "x" })).toMatchObject({
    status: 404,
    body: { detail: "There is no such session" },
  });
  const failed = await server.start({ repository: join(folder, "nowhere") });
  await server.until(failed, ({ status }) => status === "failed");
  expect(await send("POST", `${failed}/prompts`, { prompt: "x" })).toMatchObject({
    status: 409,
    body: { detail: "The session could not be prepared: retry that first" },
  });
  expect((await send("POST", `${failed}/retry`)).status).toBe(202);
});

test("malformed requests are refused with the name of what is wrong", async () => {
  const { sessionId, requestId } = await startAsking();
  const fieldOf = async (method: string, path: string, body: unknown) => {
    const answer = await send(method, `${sessionId}/${path}`, body);
    return [answer.status, answer.body.field];
  };
  expect(await fieldOf("POST", "prompts", { prompt: " " })).toEqual([400, "prompt"]);
  expect(await fieldOf("POST", "prompts", { prompt: "x", messageId: "1" })).toEqual([
    400,
    "messageId",
  ]);
  expect(await fieldOf("POST", "prompts", { prompt: "x", attachments: 3 })).toEqual([
    400,
    "attachments",
  ]);
  expect(await fieldOf("PATCH", "permissions", { permissions: "perhaps" })).toEqual([
    400,
    "permissions",
  ]);
  for (const [body, field] of [
    [{}, ""],
    [{ option: "once", answer: null }, ""],
    [{ optionId: "once" }, ""],
    [{ option: 3 }, "option"],
    [{ option: "maybe" }, "option"],
    [{ answer: { colour: "red" } }, "answer"],
    [{ answer: null, always: true }, "always"],
    [{ option: "never", always: true }, "always"],
  ] as const)
    expect(await fieldOf("POST", `permissions/${requestId}`, body)).toEqual([400, field]);
  expect((await send("PUT", `${sessionId}/prompts`, {})).status).toBe(405);
  await send("DELETE", sessionId);
});

test("what is asked is for readers, and what is said for those who may start", async () => {
  const { sessionId, requestId } = await startAsking();
  const reader = await bearer("read");
  const starter = await bearer("start");
  const path = `${sessionId}/permissions/${requestId}`;
  expect((await sendAs("GET", `${sessionId}/permissions`, { headers: reader })).status).toBe(200);
  expect((await sendAs("GET", `${sessionId}/prompts`, { headers: starter })).status).toBe(403);
  for (const [method, to, body] of [
    ["POST", path, { option: "once" }],
    ["POST", `${sessionId}/prompts`, { prompt: "x" }],
    ["POST", `${sessionId}/interrupt`, undefined],
    ["PATCH", `${sessionId}/permissions`, { permissions: "allow" }],
  ] as const)
    expect(await sendAs(method, to, { body, headers: reader })).toMatchObject({
      status: 403,
      body: { scope: "start" },
    });
  expect((await sendAs("POST", path, { body: { option: "once" }, headers: starter })).status).toBe(
    200,
  );
  expect(
    (await sendAs("POST", path, { body: { option: "once" }, headers: { cookie: "" } })).status,
  ).toBe(401);
});
