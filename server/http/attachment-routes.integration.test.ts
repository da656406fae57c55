import { afterAll, beforeAll, expect, test } from "vitest";
import { createMessageId } from "#lib/ids.ts";
import { ATTACHMENT_MAX_BYTES } from "#lib/limits.ts";
import { createApiToken } from "#server/accounts/api-tokens.ts";
import { localOwner } from "#server/accounts/local-owner.ts";
import { storeAttachment } from "#server/attachments/store-attachment.ts";
import { sweepBlobs } from "#server/blobs/sweep-blobs.ts";
import { readSessionState } from "#server/sessions/read-session-state.ts";
import { startTestWeb, type TestWeb } from "./testing/test-web.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

/** One pixel. */
const picture = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

interface Asked extends Omit<RequestInit, "headers"> {
  headers?: Record<string, string>;
}

const ask = (path: string, { headers, ...init }: Asked = {}) =>
  fetch(`${web.url}/api/v1${path}`, { ...init, headers: { cookie: web.cookie, ...headers } });

interface StartAnswer {
  sessionId: string;
  field?: string;
}

async function attach(body: Buffer | string, name = "mill.png"): Promise<string> {
  const response = await ask(`/attachments?name=${encodeURIComponent(name)}`, {
    method: "POST",
    body: body as BodyInit,
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as { attachment: { attachmentId: string } }).attachment
    .attachmentId;
}

const start = async (attachments: string[], messageId = createMessageId(), prompt = "Look") => {
  const body = JSON.stringify({ prompt, repository: "owner/name", messageId, attachments });
  const response = await ask("/sessions", { method: "POST", body });
  return { status: response.status, body: (await response.json()) as StartAnswer };
};

const count = async (attachmentId: string) => {
  const { sql } = web.server.services.database;
  const [row] = await sql`
    select count(distinct a.id)::int as rows, count(b.id) filter (where state = 'complete')::int as blobs
    from blobs b left join attachments a on a.blob_id = b.id
    where b.session_id = ${attachmentId}`;
  return row;
};

test("a picture is known by its bytes and comes back as it was sent", async () => {
  const response = await ask("/attachments?name=..%2Fmy%20mill.txt", {
    method: "POST",
    body: picture,
    headers: { "content-type": "text/plain" },
  });
  const { attachment } = (await response.json()) as { attachment: { attachmentId: string } };
  expect(attachment).toMatchObject({ name: "my mill.txt", mime: "image/png", bytes: 70 });
  const read = await ask(`/attachments/${attachment.attachmentId}`);
  expect(read.headers.get("content-type")).toBe("image/png");
  expect(read.headers.get("content-disposition")).toMatch(/^inline/);
  expect(Buffer.from(await read.arrayBuffer()).equals(picture)).toBe(true);
  expect(read.headers.get("cache-control")).toBe("private, no-cache");
  const headers = { "if-none-match": read.headers.get("etag")! };
  const path = `/attachments/${attachment.attachmentId}`;
  expect((await ask(path, { headers })).status).toBe(304);
  expect((await ask(path, { headers: { ...headers, cookie: "" } })).status).toBe(401);
});

test("a page that somebody sent is a file to keep, whatever it says that it is", async () => {
  const id = await attach("<script>alert(1)</script>", "page.html");
  const read = await ask(`/attachments/${id}`);
  expect(read.headers.get("content-type")).toBe("application/octet-stream");
  expect(read.headers.get("content-disposition")).toMatch(/^attachment/);
  await read.body?.cancel();
});

test("nothing, and too much, are refused", async () => {
  const empty = await ask("/attachments?name=x", { method: "POST", body: "" });
  expect(empty.status).toBe(400);
  const viewer = { ...localOwner, role: "owner" as const, scopes: null };
  async function* endless() {
    for (;;) yield Buffer.alloc(8 * 1024 * 1024);
  }
  const file = { name: "x", mime: null, announcedBytes: ATTACHMENT_MAX_BYTES + 1, body: endless() };
  await expect(storeAttachment(web.server.services, viewer, file)).rejects.toMatchObject({
    code: "too_large",
  });
});

test("only whoever may start sessions attaches, and only the team reads", async () => {
  const { secret } = await createApiToken(web.server.services.database, localOwner, {
    name: "reader",
    scopes: ["read"],
    expiresInDays: null,
  });
  const headers = { authorization: `Bearer ${secret}`, cookie: "" };
  const refused = await ask("/attachments", { method: "POST", body: "x", headers });
  expect(refused.status).toBe(403);
  const id = await attach("x");
  expect((await ask(`/attachments/${id}`, { headers: { cookie: "" } })).status).toBe(401);
  const { sql } = web.server.services.database;
  await sql`insert into teams (id, name) values ('team_other', 'Other') on conflict do nothing`;
  await sql`update attachments set team_id = 'team_other' where id = ${id}`;
  expect((await ask(`/attachments/${id}`)).status).toBe(404);
  expect(await start([id])).toMatchObject({
    status: 404,
    body: { field: "attachments" },
  });
});

test("a start names its files in order; the same id with others is a conflict", async () => {
  const [first, second] = [await attach("1", "b.txt"), await attach("2", "a.txt")];
  const messageId = createMessageId();
  const started = await start([first, second], messageId);
  expect(started.status).toBe(201);
  expect((await start([first, second], messageId)).body.sessionId).toBe(started.body.sessionId);
  expect((await start([second, first], messageId)).status).toBe(409);
  const state = await readSessionState(web.server.services.database, started.body.sessionId);
  expect(state?.prompts[0]?.attachments).toEqual([
    { attachmentId: first, name: "b.txt", mime: "text/plain", bytes: 1 },
    { attachmentId: second, name: "a.txt", mime: "text/plain", bytes: 1 },
  ]);
});

test.each([
  [["att_1"], 400],
  [
    Array.from({ length: 11 }, (_, n) => `att_0000000000000000000000${String(n).padStart(4, "0")}`),
    400,
  ],
  [["att_00000000000000000000000000"], 404],
])("a start with %j is refused", async (attachments, status) => {
  expect(await start(attachments)).toMatchObject({ status });
});

test("what a prompt has stays until the session goes; another session's stays longer", async () => {
  const [own, shared] = [await attach("own"), await attach("shared")];
  const one = (await start([own, shared])).body.sessionId;
  await start([shared]);
  expect((await ask(`/attachments/${own}`, { method: "DELETE" })).status).toBe(409);
  expect((await ask(`/sessions/${one}`, { method: "DELETE" })).status).toBe(204);
  expect(await count(own)).toEqual({ rows: 0, blobs: 0 });
  expect(await count(shared)).toEqual({ rows: 1, blobs: 1 });
});

test("what no prompt takes can be removed, and is swept after a day", async () => {
  const removed = await attach("removed");
  expect((await ask(`/attachments/${removed}`, { method: "DELETE" })).status).toBe(204);
  expect((await ask(`/attachments/${removed}`)).status).toBe(404);
  const [old, fresh, used] = [await attach("old"), await attach("fresh"), await attach("used")];
  await start([used]);
  const { sql } = web.server.services.database;
  await sql`
    update attachments set used_at = now() - interval '25 hours' where id in (${old}, ${used})`;
  await sql`update blobs set lease_until = now() - interval '1 hour' where session_id in (${old}, ${fresh}, ${used})`;
  await sweepBlobs(web.server.services);
  expect(await count(old)).toEqual({ rows: 0, blobs: 0 });
  expect(await count(fresh)).toEqual({ rows: 1, blobs: 1 });
  expect(await count(used)).toEqual({ rows: 1, blobs: 1 });
});
