import { expect, test } from "vitest";
import { createApiToken } from "#server/accounts/api-tokens.ts";
import { localOwner } from "#server/accounts/local-owner.ts";
import { part, useIngest } from "#server/ingest/testing/use-ingest.ts";
import type { ApiScope } from "#lib/api-scope.ts";

const ingest = useIngest({ isIdle: true });

async function bearer(...scopes: ApiScope[]) {
  const { database } = ingest.services();
  const token = { name: "Test", scopes, expiresInDays: 1 };
  const { secret } = await createApiToken(database, localOwner, token);
  return { cookie: "", authorization: `Bearer ${secret}` };
}

const post = (body: unknown, headers: Record<string, string> = {}) =>
  ingest.ask("POST", "/api/v1/sessions", { body: JSON.stringify(body), headers });

test("a session that is made again is found, by its id and by its id elsewhere", async () => {
  const sessionId = ingest.newSessionId();
  expect(await post({ sessionId, title: "Pears" })).toMatchObject({ status: 201 });
  expect(await post({ sessionId })).toMatchObject({
    status: 200,
    body: { sessionId, isNew: false },
  });
  const elsewhere = { source: "claude", externalId: "5d2c" };
  const first = await post(elsewhere);
  expect(await post(elsewhere)).toMatchObject({
    status: 200,
    body: { sessionId: first.body.sessionId },
  });
});

test("a title that is only suggested gives way to what the items say", async () => {
  const titled = async (names: Record<string, string>) => {
    const { body } = await post({ sessionId: ingest.newSessionId(), ...names });
    await ingest.push(
      body.sessionId,
      JSON.stringify([{ type: "session", data: { title: "Pears" } }]),
    );
    const read = await ingest.ask("GET", `/api/v1/sessions/${body.sessionId}`);
    return read.body.session.title as string;
  };
  expect(await titled({ suggestedTitle: "pears.json" })).toBe("Pears");
  expect(await titled({ title: "Mine", suggestedTitle: "pears.json" })).toBe("Mine");
});

test("many who make one session at a time make one", async () => {
  const elsewhere = { source: "claude", externalId: "all at once" };
  const answers = await Promise.all(Array.from({ length: 8 }, () => post(elsewhere)));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(new Set(answers.map(({ body }) => body.sessionId)).size).toBe(1);
});

test("a prompt starts a session, and needs the scope start", async () => {
  const start = { prompt: "Look around", repository: "owner/name" };
  expect(await post(start, await bearer("ingest"))).toMatchObject({ status: 403 });
  const { status, body } = await post(start, await bearer("start"));
  expect(status).toBe(201);
  const read = await ingest.ask("GET", `/api/v1/sessions/${body.sessionId}`);
  expect(read.body.session).toMatchObject({ title: "Look around", status: "preparing" });
});

test("what a token is not for is refused by name, and tells nothing", async () => {
  const sessionId = ingest.newSessionId();
  await ingest.push(sessionId, JSON.stringify([part(1)]));
  const path = `/api/v1/sessions/${sessionId}`;
  const refused = await ingest.ask("GET", path, { headers: await bearer("ingest", "start") });
  expect(refused).toMatchObject({ status: 403, body: { scope: "read" } });
  const deleted = await ingest.ask("DELETE", path, { headers: await bearer("ingest", "read") });
  expect(deleted.status).toBe(403);
  expect((await ingest.ask("GET", path, { headers: await bearer("read") })).status).toBe(200);
});

test("received bytes are for readers, how an upload does for senders", async () => {
  const text = JSON.stringify([part(1), {}]);
  const { body } = await ingest.push(ingest.newSessionId(), text);
  const path = `/api/v1/uploads/${body.upload.uploadId}`;
  const ask = async (at: string, scope: ApiScope) =>
    (await ingest.ask("GET", at, { headers: await bearer(scope) })).status;
  expect(await ask(path, "ingest")).toBe(200);
  expect(await ask(path, "read")).toBe(403);
  expect(await ask(`${path}/raw`, "ingest")).toBe(403);
  expect(await ask(`${path}/raw`, "read")).toBe(200);
});

test.each([
  [{ title: "" }, "title"],
  [{ sessionId: "ses_1" }, "sessionId"],
  [{ externalId: "" }, "externalId"],
  [{ colour: "red" }, ""],
  [{ prompt: "" }, "prompt"],
  [{ prompt: "x", repository: "a/b", mode: "sync" }, "mode"],
])("%j is refused, and says where", async (body, field) => {
  expect(await post(body)).toMatchObject({ status: 400, body: { code: "invalid_input", field } });
});
