import { expect, test } from "vitest";
import type { AgentRequest, AgentRequestAnswer, RequestContent } from "#lib/agent-request.ts";
import type { SessionState } from "#lib/session-state.ts";
import { readItemsAfter } from "#server/items/read-items-after.ts";
import { takeLease } from "#server/sessions/lease.ts";
import { interruptTurn } from "#server/sessions/prompt-queue.ts";
import { obedient, owner } from "#server/sessions/testing/test-server.ts";
import { useTestServer } from "#server/sessions/testing/use-test-server.ts";
import { answerRequest } from "./answer-request.ts";
import { changePermissions, listRules, removeRule } from "./permission-rules.ts";

const context = useTestServer();

const needsYou = ({ status, requests }: SessionState) =>
  status === "needs_you" && requests.length === 1;
const isIdle = ({ status }: SessionState) => status === "idle";
const once = { optionId: "once" };

/** A session whose agent asks before it runs these commands. */
async function startAsking(prompt = "@ask npm test", permissions: "ask" | "allow" = "ask") {
  const { server, repository } = context;
  return server.start({ repository, prompt, environment: obedient, permissions });
}

async function firstRequest(sessionId: string): Promise<AgentRequest> {
  const { requests } = await context.server.until(sessionId, needsYou);
  return requests[0] as AgentRequest;
}

async function answer(
  sessionId: string,
  requestId: string,
  given: { answer?: AgentRequestAnswer; always?: boolean } = {},
) {
  const access = await context.access(sessionId);
  const answering = { viewer: owner, access, requestId, answer: once, always: false, ...given };
  return answerRequest(context.server.services, answering);
}

/** What the agent said, as it is stored. */
async function saidIn(sessionId: string): Promise<string> {
  const page = { sessionId, generation: 1, afterSeq: 0, maxCount: 1_000, maxBytes: 10_000_000 };
  const { items } = await readItemsAfter(context.server.services.database, page);
  return items.map(({ body }) => body).join("\n");
}

test("a request is part of the session's state, and the answer reaches the agent", async () => {
  await context.server.work();
  const sessionId = await startAsking();
  const request = await firstRequest(sessionId);
  expect(request).toMatchObject({ kind: "permission", toolKind: "execute", title: "npm test" });
  expect(request.options.map(({ name }) => name)).toEqual(["Allow", "Always allow", "Reject"]);
  await answer(sessionId, request.requestId, { answer: { optionId: "never" } });
  const ended = await context.server.until(sessionId, isIdle);
  expect(ended.requests).toEqual([]);
  expect(await saidIn(sessionId)).toContain(String.raw`\"optionId\":\"never\"`);
});

test("of two who answer at once one is heard, and the other is told what was answered", async () => {
  await context.server.work();
  const peer = await context.startPeer();
  const sessionId = await startAsking();
  const { requestId } = await firstRequest(sessionId);
  const access = await context.access(sessionId);
  const shared = { viewer: owner, access, requestId, always: false };
  const answers = await Promise.allSettled([
    answerRequest(context.server.services, { ...shared, answer: { optionId: "once" } }),
    answerRequest(peer.services, { ...shared, answer: { optionId: "never" } }),
  ]);
  const [won] = answers.flatMap(({ status }, at) => (status === "fulfilled" ? [at] : []));
  expect(answers.filter(({ status }) => status === "rejected")).toMatchObject([
    {
      reason: {
        code: "conflict",
        message: `This was answered already: ${won === 0 ? "Allow" : "Reject"}`,
      },
    },
  ]);
  await context.server.until(sessionId, isIdle);
  expect(await saidIn(sessionId)).toContain(`\\"optionId\\":\\"${won === 0 ? "once" : "never"}\\"`);
});

test("who stops the turn before anybody answers ends the request with it", async () => {
  await context.server.work();
  const sessionId = await startAsking();
  const { requestId } = await firstRequest(sessionId);
  await interruptTurn(context.server.services, await context.access(sessionId));
  await expect(answer(sessionId, requestId)).rejects.toMatchObject({
    code: "gone",
    message: "The turn was stopped before this was answered",
  });
  const ended = await context.server.until(sessionId, isIdle);
  expect(ended).toMatchObject({ requests: [], prompts: [{ outcome: "interrupted" }] });
});

test("who answers before the turn is stopped is heard, and the turn is stopped", async () => {
  await context.server.work();
  const sessionId = await startAsking("@ask npm test\n@hang");
  const { requestId } = await firstRequest(sessionId);
  await answer(sessionId, requestId);
  await expect.poll(() => saidIn(sessionId)).toContain(String.raw`\"optionId\":\"once\"`);
  await interruptTurn(context.server.services, await context.access(sessionId));
  await context.server.until(sessionId, isIdle);
  await expect(answer(sessionId, requestId)).rejects.toThrow("answered already: Allow");
});

test("a request ends with its worker: it is not asked again, and no answer is taken", async () => {
  const { server } = context;
  await server.work();
  const sessionId = await startAsking();
  const { requestId } = await firstRequest(sessionId);
  await server.drain();
  const peer = await context.startPeer();
  await peer.work();
  const left = await peer.until(sessionId, ({ requests }) => requests.length === 0);
  expect(left.status).not.toBe("needs_you");
  await expect(answer(sessionId, requestId)).rejects.toMatchObject({ code: "gone" });
});

test("no answer is taken once the worker that asked has lost the session", async () => {
  const { server } = context;
  await server.work();
  const sessionId = await startAsking();
  const { requestId } = await firstRequest(sessionId);
  const { sql } = server.services.database;
  await sql`update leases set expires_at = now() where session_id = ${sessionId}`;
  await expect(answer(sessionId, requestId)).rejects.toMatchObject({
    code: "gone",
    message: "The agent does not wait for this any longer",
  });
});

test("no answer is taken once the same process has taken the session again (#7)", async () => {
  const { server } = context;
  await server.work();
  const sessionId = await startAsking();
  const { requestId } = await firstRequest(sessionId);
  const { database, processId, log } = server.services;
  const { sql } = database;
  // As after an outage that was longer than the lease, before what was left is settled.
  await sql`update leases set expires_at = now() where session_id = ${sessionId}`;
  const asked = { sessionId, generation: 1, processId, leaseMs: 60_000, log };
  const lease = await takeLease(database, asked);
  await expect(answer(sessionId, requestId, { always: true })).rejects.toMatchObject({
    code: "gone",
    message: "The agent does not wait for this any longer",
  });
  expect(await sql`select state from permission_requests`).toEqual([{ state: "pending" }]);
  expect(await listRules(database, await context.access(sessionId))).toEqual([]);
  lease?.stopRenewal();
});

test("what is always allowed is not asked again, until the rule is taken back", async () => {
  const { server } = context;
  await server.work();
  const sessionId = await startAsking();
  const first = await firstRequest(sessionId);
  await answer(sessionId, first.requestId, { answer: { optionId: "always" } });
  await server.until(sessionId, isIdle);
  await server.send(sessionId, "@ask npm test\n@ask npm test -- --watch");
  const other = await firstRequest(sessionId);
  expect(other.title).toBe("npm test -- --watch");
  await answer(sessionId, other.requestId, { always: true });
  await server.until(sessionId, isIdle);

  const { database } = server.services;
  const access = await context.access(sessionId);
  const rules = await listRules(database, access);
  expect(rules.map(({ title }) => title)).toEqual(["npm test -- --watch", "npm test"]);
  for (const { ruleKey } of rules) await removeRule(server.services, access, ruleKey);
  await server.send(sessionId, "@ask npm test");
  await firstRequest(sessionId);
});

test("what the agent does not say enough about can be allowed once, not always", async () => {
  const { server } = context;
  await server.work();
  const sessionId = await startAsking();
  const { requestId, canAllowAlways } = await firstRequest(sessionId);
  expect(canAllowAlways).toBe(true);
  const { sql } = server.services.database;
  await sql`update permission_requests set rule_key = null where id = ${requestId}`;
  const { requests } = await server.until(sessionId, needsYou);
  expect(requests[0]?.canAllowAlways).toBe(false);
  await expect(answer(sessionId, requestId, { always: true })).rejects.toMatchObject({
    code: "invalid_input",
    details: { field: "always" },
  });
  await answer(sessionId, requestId, { answer: { optionId: "always" } });
  await server.until(sessionId, isIdle);
  expect(await listRules(server.services.database, await context.access(sessionId))).toEqual([]);
});

test("where all is allowed nobody is asked, also from the middle of a session on", async () => {
  const { server } = context;
  await server.work();
  const sessionId = await startAsking("@ask npm test", "allow");
  const ended = await server.until(sessionId, isIdle);
  expect(ended).toMatchObject({ permissions: "allow", prompts: [] });
  const who = { viewer: owner, access: await context.access(sessionId) };
  await changePermissions(server.services, who, "ask");
  await server.send(sessionId, "@ask npm test");
  await firstRequest(sessionId);
});

test("a question is asked whatever is allowed, and takes an answer that fits", async () => {
  const { server } = context;
  await server.work();
  const sessionId = await startAsking("@question Which one?", "allow");
  const { requestId, title, fields } = await firstRequest(sessionId);
  expect({ title, names: fields.map(({ name }) => name) }).toEqual({
    title: "Which one?",
    names: ["colour", "reason", "tag"],
  });
  const misfits: RequestContent[] = [{}, { colour: "blue" }, { colour: "red", size: 3 }];
  for (const content of misfits) {
    const refused = answer(sessionId, requestId, { answer: { content } });
    await expect(refused).rejects.toMatchObject({ code: "invalid_input" });
  }
  const strange = { colour: "red", tag: "So warm" };
  await expect(
    answer(sessionId, requestId, { answer: { content: strange } }),
  ).rejects.toMatchObject({
    message: "This does not look like ^[a-z-]*$",
    details: { field: "answer.tag" },
  });
  await answer(sessionId, requestId, {
    answer: { content: { colour: "red", reason: "It is warm" } },
  });
  await server.until(sessionId, isIdle);
  expect(await saidIn(sessionId)).toContain("It is warm");
});

test("requests of other sessions and answers that nobody offered are refused", async () => {
  await context.server.work();
  const sessionId = await startAsking();
  const { requestId } = await firstRequest(sessionId);
  await expect(answer(sessionId, "req_0")).rejects.toMatchObject({ code: "not_found" });
  const unknown = answer(sessionId, requestId, { answer: { optionId: "maybe" } });
  await expect(unknown).rejects.toMatchObject({ code: "invalid_input" });
  const form = answer(sessionId, requestId, { answer: { content: {} } });
  await expect(form).rejects.toMatchObject({ code: "invalid_input" });
  // No rule can come of what is not allowed: nobody is to believe that there is one.
  const never = answer(sessionId, requestId, { answer: { optionId: "never" }, always: true });
  await expect(never).rejects.toMatchObject({
    code: "invalid_input",
    details: { field: "always" },
  });
  expect((await context.server.until(sessionId, needsYou)).requests).toHaveLength(1);
});
