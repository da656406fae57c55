import { expect, test } from "vitest";
import { createApiToken, revokeApiToken } from "#server/accounts/api-tokens.ts";
import { localOwner } from "#server/accounts/local-owner.ts";
import { useStreams } from "./testing/use-streams.ts";

const streams = useStreams();
const { call, make, readAll } = streams;
const text = { "content-type": "text/plain" };

test("scopes are kept: who brings bytes reads none, who reads brings none", async () => {
  const path = await make("x");
  const { database } = streams.web.server.services;
  const grant = { name: "one", expiresInDays: null };
  const reader = await createApiToken(database, localOwner, { ...grant, scopes: ["read"] });
  const writer = await createApiToken(database, localOwner, { ...grant, scopes: ["ingest"] });
  const as = (secret: string) => ({ ...text, authorization: `Bearer ${secret}` });
  const status = async (line: string, secret: string, body?: string) =>
    (await call(line, { headers: as(secret), ...(body && { body }) })).status;
  expect(await status(`GET ${path}`, reader.secret)).toBe(200);
  expect(await status(`HEAD ${path}`, reader.secret)).toBe(200);
  expect(await status(`POST ${path}`, reader.secret, "y")).toBe(403);
  expect(await status(`PUT ${path}2`, reader.secret)).toBe(403);
  expect(await status(`DELETE ${path}`, reader.secret)).toBe(403);
  expect(await status(`POST ${path}`, writer.secret, "y")).toBe(204);
  expect(await status(`GET ${path}`, writer.secret)).toBe(403);
  expect(await status(`HEAD ${path}`, writer.secret)).toBe(403);
  expect(await status(`DELETE ${path}`, writer.secret)).toBe(403);
});

test("nobody reads without a name, and a login reads", async () => {
  const path = await make("x");
  const address = `${streams.web.url}/api/v1/streams/${path}`;
  expect((await fetch(address)).status).toBe(401);
  const signedIn = await fetch(address, { headers: { cookie: streams.web.cookie } });
  expect(await signedIn.text()).toBe("x");
});

test("who waits is let go when the token is revoked, whichever way they wait", async () => {
  const path = await make("x");
  const { database } = streams.web.server.services;
  const grant = { name: "short", scopes: ["read" as const], expiresInDays: null };
  const { tokenId, secret } = await createApiToken(database, localOwner, grant);
  const headers = { authorization: `Bearer ${secret}` };
  const waiting = call(`GET ${path}?offset=now&live=long-poll`, { headers });
  const events = await call(`GET ${path}?offset=now&live=sse`, { headers });
  expect(events.status).toBe(200);
  await revokeApiToken(database, localOwner, tokenId);
  expect((await waiting).status).toBe(401);
  expect(await events.text()).not.toContain("streamClosed");
});

test("another team has paths of its own, and sees none of ours", async () => {
  const { database } = streams.web.server.services;
  await database.sql`insert into teams (id, name) values ('team_other', 'Other')`;
  await database.sql`insert into users (id, name) values ('user_other', 'Other')`;
  await database.sql`
    insert into memberships (team_id, user_id, role) values ('team_other', 'user_other', 'owner')`;
  const other = { userId: "user_other", teamId: "team_other" };
  const grant = {
    name: "other",
    scopes: ["ingest", "read", "start"] as const,
    expiresInDays: null,
  };
  const { secret } = await createApiToken(database, other, {
    ...grant,
    scopes: [...grant.scopes],
  });
  const as = { ...text, authorization: `Bearer ${secret}` };
  const path = await make("ours");
  for (const method of ["GET", "HEAD", "DELETE"])
    expect((await call(`${method} ${path}`, { headers: as })).status).toBe(404);
  const fork = { ...as, "stream-forked-from": `/${path}` };
  expect((await call("PUT test/stolen", { headers: fork })).status).toBe(404);
  expect((await call(`PUT ${path}`, { headers: as, body: "theirs" })).status).toBe(201);
  expect((await readAll(path)).toString()).toBe("ours");
  await database.sql`delete from teams where id = 'team_other'`;
  expect((await readAll(path)).toString()).toBe("ours");
});

test("pages of other origins may read with a token, and change nothing", async () => {
  const path = await make("x");
  const origin = { origin: "https://example.com" };
  const read = await call(`GET ${path}`, { headers: origin });
  expect(read.headers.get("access-control-allow-origin")).toBe("*");
  expect(read.headers.has("access-control-allow-credentials")).toBe(false);
  const write = await call(`POST ${path}`, { headers: { ...text, ...origin }, body: "y" });
  expect(write.status).toBe(403);
});
