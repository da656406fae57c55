import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { apiScopes } from "#lib/api-scope.ts";
import { createMessageId, createSessionId } from "#lib/ids.ts";
import type { ServerFrame } from "#lib/live-protocol.ts";
import { createApiTokenSecret } from "#server/accounts/api-token-secret.ts";
import { createApiToken, revokeApiToken, type NewApiToken } from "#server/accounts/api-tokens.ts";
import { localOwner } from "#server/accounts/local-owner.ts";
import { writeItems } from "#server/items/write-items.ts";
import { startTestWeb, type TestWeb } from "./testing/test-web.ts";

let web: TestWeb;
let sessionId: string;
let seq: number;
const body = '{"id":"msg","role":"user"}';

beforeAll(async () => {
  web = await startTestWeb();
  const { database } = web.server.services;
  sessionId = createSessionId();
  await database.sql`
    insert into sessions (
      id, team_id, owner_id, status, title, title_source, setup_commands, environment
    ) values (
      ${sessionId}, ${localOwner.teamId}, ${localOwner.userId}, 'idle', 'Harvest', 'prompt', '[]', '{}'
    )`;
  const item = { type: "message", messageId: createMessageId(), partId: "", body };
  const write = { sessionId, generation: 1, items: [item] };
  seq = (await writeItems(web.server.services, write)).lastSeq;
});
afterAll(() => web.close());

const make = (token: Partial<NewApiToken> = {}) =>
  createApiToken(web.server.services.database, localOwner, {
    name: "laptop",
    scopes: ["read"],
    expiresInDays: null,
    ...token,
  });

const bodyPath = (id = sessionId) => `/api/v1/sessions/${id}/items/${seq}/body`;
const eventsPath = (id = sessionId) => `/api/v1/sessions/${id}/events`;

async function get(path: string, headers: Record<string, string>) {
  const stopping = new AbortController();
  const response = await fetch(web.url + path, { headers, signal: stopping.signal });
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
  const text = isStream ? "" : await response.text();
  stopping.abort();
  const challenge = response.headers.get("www-authenticate");
  return { status: response.status, text, challenge };
}

const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });

test("a token that may read gets an item's body and the session's events", async () => {
  const { secret } = await make();
  expect(await get(bodyPath(), bearer(secret))).toMatchObject({ status: 200, text: body });
  expect(await get(eventsPath(), bearer(secret))).toMatchObject({ status: 200 });
});

test("a token that may not read is told which scope it lacks, and nothing of any session", async () => {
  const { secret } = await make({ scopes: apiScopes.filter((scope) => scope !== "read") });
  const answers = new Set<string>();
  for (const id of [sessionId, createSessionId(), "ses_x"]) {
    for (const path of [bodyPath(id), eventsPath(id)]) {
      const answer = await get(path, bearer(secret));
      expect(answer.status).toBe(403);
      expect(answer.challenge).toBe('Bearer error="insufficient_scope", scope="read"');
      expect(JSON.parse(answer.text)).toMatchObject({ code: "forbidden", scope: "read" });
      answers.add(answer.text);
    }
  }
  expect(answers.size).toBe(1);
});

test.each([
  ["POST /api/v1/uploads", ["read", "start"]],
  ["HEAD /api/v1/uploads/x", ["read", "start"]],
  ["GET /api/v1/uploads/x", ["read", "start"]],
  ["POST /api/v1/uploads/x/replay", ["read", "start"]],
  ["POST /api/v1/sessions/x/ingest", ["read", "start"]],
  ["GET /api/v1/uploads/x/raw", ["ingest", "start"]],
  ["GET /api/v1/uploads?state=x", ["ingest", "start"]],
  ["GET /api/v1/sessions/x/export?format=x", ["ingest", "start"]],
] as const)("%s is forbidden without its scope before the rest of it is judged", async (...row) => {
  const [line, scopes] = row;
  const [method = "", path = ""] = line.split(" ");
  const { secret } = await make({ scopes: [...scopes] });
  // Neither its type nor its coding nor its version is one that is taken.
  const headers = { ...bearer(secret), "content-type": "text/x", "content-encoding": "x" };
  const init = { method, headers, ...(method === "POST" && { body: "x" }) };
  const { status, headers: answered } = await fetch(web.url + path, init);
  expect(status).toBe(403);
  expect(answered.get("www-authenticate")).toContain("insufficient_scope");
});

test("a bad token is refused with its reason, whatever cookie comes along", async () => {
  const { tokenId, secret } = await make();
  await revokeApiToken(web.server.services.database, localOwner, tokenId);
  for (const [token, reason] of [
    [secret, "was revoked"],
    [createApiTokenSecret(), "not known"],
    ["mrt_x", "begins with mrt_"],
  ] as const) {
    for (const path of [bodyPath(), eventsPath()]) {
      const answer = await get(path, { ...bearer(token), cookie: web.cookie });
      expect(answer).toMatchObject({ status: 401, challenge: 'Bearer error="invalid_token"' });
      expect(answer.text).toContain(reason);
      expect(answer.text).not.toContain(token);
    }
  }
  const nobody = await get(bodyPath(), {});
  expect(nobody).toMatchObject({ status: 401, challenge: "Bearer" });
  expect((await get(bodyPath(), { cookie: web.cookie })).status).toBe(200);
});

test("procedures are for people: a token alone calls none, and makes no other token", async () => {
  const { secret } = await make({ scopes: [...apiScopes] });
  const query = await get("/api/trpc/session.list?input={}", bearer(secret));
  expect(query.status).toBe(401);
  const token = { name: "more", scopes: ["read"], expiresInDays: null };
  const create = await fetch(`${web.url}/api/trpc/token.create`, {
    method: "POST",
    headers: { ...bearer(secret), "content-type": "application/json" },
    body: JSON.stringify(token),
  });
  expect(create.status).toBe(401);
});

test("a token is no login: in the cookie it is nobody, also within the second after its use", async () => {
  const { secret } = await make({ scopes: [...apiScopes] });
  expect(await get(bodyPath(), bearer(secret))).toMatchObject({ status: 200 });
  const cookie = `millrace_login=${secret}`;
  expect(await get("/api/trpc/session.list?input={}", { cookie })).toMatchObject({ status: 401 });
  expect(await get(bodyPath(), { cookie })).toMatchObject({ status: 401 });
});

async function watch(headers: Record<string, string>) {
  const socket = new WebSocket(`${web.url.replace("http", "ws")}/api/v1/live`, { headers });
  const frames: ServerFrame[] = [];
  socket.on("message", (data) => frames.push(JSON.parse(data.toString()) as ServerFrame));
  const closed = once(socket, "close").then(([code]) => code as number);
  await once(socket, "open");
  const topics = [`session:${sessionId}`, `sessions:${localOwner.teamId}`];
  for (const topic of topics) socket.send(JSON.stringify({ type: "subscribe", topic }));
  const heardOf = () => frames.flatMap((frame) => (frame.type === "events" ? [frame.topic] : []));
  const errors = () => frames.filter((frame) => frame.type === "error");
  return { socket, frames, closed, topics, heardOf, errors };
}

test("a program opens a live socket with its token and no origin, until it is revoked", async () => {
  const { tokenId, secret } = await make();
  const { closed, topics, heardOf, errors } = await watch(bearer(secret));
  await expect
    .poll(() => topics.filter((topic) => !heardOf().includes(topic as never)))
    .toEqual([]);
  await revokeApiToken(web.server.services.database, localOwner, tokenId);
  expect(await closed).toBe(4401);
  expect(errors()).toMatchObject([{ code: "unauthorized", topic: null }]);
});

test("a live socket is refused in words to a token that may not read, and to one that is none", async () => {
  const { secret } = await make({ scopes: ["ingest", "start"] });
  for (const [token, reason] of [
    [secret, 'lacks the scope "read"'],
    [createApiTokenSecret(), "not known"],
  ] as const) {
    const { frames, closed } = await watch({ ...bearer(token), cookie: web.cookie });
    expect(await closed).toBe(4401);
    expect(frames).toHaveLength(1);
    expect(frames[0]).toMatchObject({ code: "unauthorized", message: expect.any(String) });
    expect(JSON.stringify(frames)).toContain(reason.replaceAll('"', '\\"'));
  }
});
