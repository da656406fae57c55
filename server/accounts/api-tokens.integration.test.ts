import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiScope, apiScopes } from "#lib/api-scope.ts";
import { createSessionId } from "#lib/ids.ts";
import { API_TOKENS_MAX } from "#lib/limits.ts";
import { openDatabase, type Database } from "#server/database/database.ts";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import { log } from "#server/log.ts";
import { createApiTokenSecret } from "./api-token-secret.ts";
import {
  createApiToken,
  listApiTokens,
  newApiToken,
  revokeApiToken,
  type NewApiToken,
} from "./api-tokens.ts";
import { createLocalToken } from "./create-local-token.ts";
import { findCaller } from "./find-caller.ts";
import { ensureLocalOwner, localOwner } from "./local-owner.ts";
import { loginCookie } from "./login-cookie.ts";
import { requirePerson, requireSession, requireTeamAction, type SessionAction } from "./policy.ts";
import { createSignInLink, redeemSignInLink } from "./sign-in.ts";
import type { Viewer } from "./viewer.ts";

let copy: TestDatabase;
/** The same database as another process has it. */
let elsewhere: Database;

beforeAll(async () => {
  copy = await createTestDatabase();
  elsewhere = openDatabase(copy.url, { maxConnections: 1 });
  await ensureLocalOwner(copy.database);
});
afterAll(async () => {
  await elsewhere.close();
  await copy.drop();
});

const make = (token: Partial<NewApiToken> = {}) =>
  createApiToken(copy.database, localOwner, {
    name: "laptop",
    scopes: ["read"],
    expiresInDays: 30,
    ...token,
  });

const find = (authorization: string, { cookie, database = copy.database }: FindOptions = {}) =>
  findCaller(
    { database, environment: { PUBLIC_URL: undefined }, log },
    {
      authorization,
      cookie,
    },
  );

interface FindOptions {
  cookie?: string;
  database?: Database;
}

const isRefused = (token: string) => ({ code: "unauthorized", details: { token } });

const findRow = async (tokenId: string) =>
  (await listApiTokens(copy.database, localOwner)).find((token) => token.tokenId === tokenId);

test("a token is its owner within its scopes, however the scheme is spelt", async () => {
  const { secret } = await make({ scopes: ["ingest", "start"] });
  const program = { ...localOwner, role: "owner", scopes: ["ingest", "start"] };
  for (const scheme of ["Bearer", "bearer", "BEARER"])
    expect(await find(`${scheme} ${secret}`)).toEqual(program);
});

test("a token that is not good is nobody, also beside a good cookie", async () => {
  const link = await createSignInLink(copy.database, localOwner.userId);
  const login = await redeemSignInLink(copy.database, link);
  const cookie = loginCookie(login ?? "", { secure: false }).split(";", 1)[0] ?? "";
  expect(await find("Basic YTpi", { cookie })).toMatchObject({ scopes: null });
  const { secret } = await make();
  const malformed = ["Bearer", "Bearer x", `Bearer ${secret}x`, `Bearer ${secret} ${secret}`];
  for (const authorization of malformed)
    await expect(find(authorization, { cookie })).rejects.toMatchObject(isRefused("malformed"));
  const unknown = `Bearer ${createApiTokenSecret()}`;
  await expect(find(unknown, { cookie })).rejects.toMatchObject(isRefused("unknown"));
  await expect(find(`Bearer ${login}`, { cookie })).rejects.toMatchObject(isRefused("malformed"));
  expect(await find("Ticket x")).toBeNull();
});

test("in local mode a process of the machine makes tokens of the owner", async () => {
  const fresh = await createTestDatabase();
  const token = { name: "cli", scopes: ["ingest" as const], expiresInDays: null };
  const { secret } = await createLocalToken(fresh.database, token);
  expect(await find(`Bearer ${secret}`, { database: fresh.database })).toMatchObject({
    ...localOwner,
    scopes: ["ingest"],
  });
  await fresh.drop();
});

test("a secret is stored nowhere and listed nowhere", async () => {
  const { secret } = await make();
  const rows = await copy.database
    .sql`select row_to_json(api_tokens)::text as text from api_tokens`;
  const listed = await listApiTokens(copy.database, localOwner);
  const everything = JSON.stringify([rows, listed]);
  expect(everything).not.toContain(secret);
  expect(everything).not.toContain(secret.slice(4, 20));
  expect(JSON.stringify(listed)).not.toContain("ash");
});

test("revoking holds at once here and within a second elsewhere, and keeps the row", async () => {
  const { tokenId, secret } = await make();
  const authorization = `Bearer ${secret}`;
  await find(authorization);
  await find(authorization, { database: elsewhere });
  await revokeApiToken(copy.database, localOwner, tokenId);
  const revokedMs = performance.now();
  await expect(find(authorization)).rejects.toMatchObject(isRefused("revoked"));
  expect(await find(authorization, { database: elsewhere }), "remembered").not.toBeNull();
  const answer = () =>
    find(authorization, { database: elsewhere }).then(
      () => "good",
      (error: { details: unknown }) => error.details,
    );
  await expect.poll(answer, { timeout: 5_000, interval: 20 }).toEqual({ token: "revoked" });
  expect(performance.now() - revokedMs).toBeLessThan(1_500);

  const revoked = await findRow(tokenId);
  expect(revoked).toMatchObject({ isLive: false, revokedAt: expect.any(String) });
  await revokeApiToken(copy.database, localOwner, tokenId);
  expect(await findRow(tokenId)).toEqual(revoked);
});

test("somebody else's token is not found, and stays", async () => {
  const { tokenId, secret } = await make();
  const { sql } = copy.database;
  await sql`insert into users (id, name) values ('usr_other', 'Other')`;
  for (const other of [
    { ...localOwner, userId: "usr_other" },
    { ...localOwner, teamId: "team_none" },
  ]) {
    const revoking = revokeApiToken(copy.database, other, tokenId);
    await expect(revoking).rejects.toMatchObject({ code: "not_found" });
    expect(await listApiTokens(copy.database, other)).toEqual([]);
  }
  expect(await find(`Bearer ${secret}`)).not.toBeNull();
});

test("an expired token is refused and says so, one without a date stays", async () => {
  const { sql } = copy.database;
  const [expired, lasting] = [await make(), await make({ expiresInDays: null })];
  await sql`update api_tokens set expires_at = now() where id = ${expired.tokenId}`;
  await expect(find(`Bearer ${expired.secret}`)).rejects.toMatchObject(isRefused("expired"));
  expect(await find(`Bearer ${lasting.secret}`)).not.toBeNull();
  expect(await findRow(lasting.tokenId)).toMatchObject({ expiresAt: null, isLive: true });
  expect(await findRow(expired.tokenId)).toMatchObject({ isLive: false, revokedAt: null });
});

test("a token lives for the days that were asked for", async () => {
  const { tokenId } = await make({ expiresInDays: 7 });
  const token = await findRow(tokenId);
  const lifeMs = Date.parse(token?.expiresAt ?? "") - Date.parse(token?.createdAt ?? "");
  expect(lifeMs).toBe(7 * 86_400_000);
});

test("whoever left the team has no token there any more", async () => {
  const { sql } = copy.database;
  const { secret } = await make();
  const { userId } = localOwner;
  await sql`delete from memberships where user_id = ${userId}`;
  await expect(find(`Bearer ${secret}`)).rejects.toMatchObject(isRefused("unknown"));
  await ensureLocalOwner(copy.database);
  expect(await find(`Bearer ${secret}`)).not.toBeNull();
});

test("the last use is noted, and not again within a minute", async () => {
  const { sql } = copy.database;
  const { tokenId, secret } = await make();
  expect(await findRow(tokenId)).toMatchObject({ lastUsedAt: null });
  const lastUse = async () => (await findRow(tokenId))?.lastUsedAt ?? null;
  await find(`Bearer ${secret}`);
  await expect.poll(lastUse).not.toBeNull();
  const first = await lastUse();

  await find(`Bearer ${secret}`, { database: elsewhere });
  // Its one connection does things in order.
  await elsewhere.sql`select 1`;
  expect(await lastUse()).toBe(first);

  await sql`update api_tokens set last_used_at = now() - interval '61 seconds' where id = ${tokenId}`;
  const old = await lastUse();
  const third = openDatabase(copy.url);
  await find(`Bearer ${secret}`, { database: third });
  await expect.poll(lastUse).not.toBe(old);
  await third.close();
});

const allowed: Record<SessionAction, ApiScope> = {
  read: "read",
  write: "start",
  ingest: "ingest",
  share: "share",
};
const matrix = (["read", "write", "ingest", "share"] as const).flatMap((action) =>
  apiScopes.map((scope) => ({ action, scope, isAllowed: allowed[action] === scope })),
);

test.each(matrix)("$action with a token for $scope: $isAllowed", async (entry) => {
  const { action, scope, isAllowed } = entry;
  const { secret } = await make({ scopes: [scope] });
  const program = await find(`Bearer ${secret}`);
  if (!program) throw new Error("No caller");
  const own = await addSession(localOwner.teamId);
  const others = [await addSession("team_foreign"), createSessionId(), "ses_x"];
  const ask = (sessionId: string) =>
    requireSession(copy.database, program, { sessionId, action }).then(
      () => "ok",
      ({ code, message, details }: Record<string, unknown>) => ({ code, message, details }),
    );
  const refusal = {
    code: "forbidden",
    message: `This API token lacks the scope "${allowed[action]}"`,
    details: { scope: allowed[action] },
  };
  expect(await ask(own)).toEqual(isAllowed ? "ok" : refusal);
  for (const id of others)
    expect(await ask(id)).toMatchObject(isAllowed ? { code: "not_found" } : refusal);
  const asTeam = () => requireTeamAction(program, { teamId: localOwner.teamId, action });
  if (isAllowed) expect(asTeam).not.toThrow();
  else expect(asTeam).toThrow(refusal.message);
  expect(() => requirePerson(program)).toThrow("sign in");
});

test("no scope goes beyond the role of its person", async () => {
  const own = await addSession(localOwner.teamId);
  const reader: Viewer = { ...localOwner, role: "reader", scopes: [...apiScopes] };
  const ask = (viewer: Viewer, action: SessionAction) =>
    requireSession(copy.database, viewer, { sessionId: own, action });
  for (const action of ["write", "ingest"] as const) {
    await expect(ask(reader, action)).rejects.toMatchObject({ code: "forbidden" });
    await expect(ask({ ...reader, scopes: null }, action)).rejects.toThrow("Readers");
    await expect(ask({ ...reader, role: "member" }, action)).resolves.toBeDefined();
  }
  await expect(ask(reader, "read")).resolves.toBeDefined();
});

test.each([
  [{ name: " " }, "Give the token a name"],
  [{ name: "x".repeat(101) }, "At most 100"],
  [{ name: "two\nlines" }, "one line"],
  [{ scopes: [] }, "at least one"],
  [{ scopes: ["admin"] }, ""],
  [{ expiresInDays: 0 }, ""],
  [{ expiresInDays: 1.5 }, ""],
  [{ expiresInDays: 3_651 }, ""],
  [{ userId: "usr_other" }, ""],
])("%j makes no token", (wrong, message) => {
  const token = { name: "laptop", scopes: ["read"], expiresInDays: null, ...wrong };
  const { error } = newApiToken.safeParse(token);
  expect(error?.issues[0]?.message).toContain(message);
});

test("scopes are kept once each", () => {
  const token = { name: " a ", scopes: ["start", "read", "start"], expiresInDays: null };
  expect(newApiToken.parse(token)).toMatchObject({ name: "a", scopes: ["read", "start"] });
});

test("there are as many tokens as the limit says, and revoking one makes room", async () => {
  const { sql } = copy.database;
  await sql`delete from api_tokens`;
  const [first] = await Promise.all(Array.from({ length: API_TOKENS_MAX }, () => make()));
  await expect(make()).rejects.toMatchObject({ code: "conflict" });
  await revokeApiToken(copy.database, localOwner, first?.tokenId ?? "");
  await make();
  const listed = await listApiTokens(copy.database, localOwner);
  expect(listed).toHaveLength(API_TOKENS_MAX + 1);
  expect(listed.at(-1)).toMatchObject({ tokenId: first?.tokenId, isLive: false });
});

async function addSession(teamId: string): Promise<string> {
  const id = createSessionId();
  const { sql } = copy.database;
  await sql`insert into teams (id, name) values (${teamId}, ${teamId}) on conflict do nothing`;
  await sql`
    insert into sessions (
      id, team_id, owner_id, status, title, title_source, setup_commands, environment
    ) values (${id}, ${teamId}, ${localOwner.userId}, 'idle', 'x', 'prompt', '[]', '{}')`;
  return id;
}
