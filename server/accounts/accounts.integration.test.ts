import { afterAll, beforeAll, expect, test } from "vitest";
import { createSessionId } from "#lib/ids.ts";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import { ensureLocalOwner, localOwner } from "./local-owner.ts";
import { endedLoginCookie, isLoginSecure, loginCookie } from "./login-cookie.ts";
import { requireSession, requireTeamAction } from "./policy.ts";
import { createSignInLink, endLogin, redeemSignInLink } from "./sign-in.ts";
import { findViewer, type Viewer } from "./viewer.ts";

let copy: TestDatabase;

beforeAll(async () => {
  copy = await createTestDatabase();
  await ensureLocalOwner(copy.database);
  await ensureLocalOwner(copy.database);
});
afterAll(() => copy.drop());

const signIn = async () => {
  const token = await createSignInLink(copy.database, localOwner.userId);
  return { token, login: await redeemSignInLink(copy.database, token) };
};

test("a link signs in once, whoever uses it first", async () => {
  const token = await createSignInLink(copy.database, localOwner.userId);
  const logins = await Promise.all(
    Array.from({ length: 10 }, () => redeemSignInLink(copy.database, token)),
  );
  expect(logins.filter((login) => login !== null)).toHaveLength(1);
});

test("an expired or unknown link signs nobody in", async () => {
  const token = await createSignInLink(copy.database, localOwner.userId);
  await copy.database.sql`update sign_in_links set expires_at = now() - interval '1 second'`;
  expect(await redeemSignInLink(copy.database, token)).toBeNull();
  expect(await redeemSignInLink(copy.database, "")).toBeNull();
});

/** Whoever the cookie signs in on a server that is reached at `publicUrl`. */
const find = (cookie: string | undefined, publicUrl?: string) =>
  findViewer({ database: copy.database, environment: { PUBLIC_URL: publicUrl } }, cookie);

test.each([
  { publicUrl: "https://millrace.example", secure: true },
  { publicUrl: "HTTPS://millrace.example", secure: true },
  { publicUrl: "http://millrace.example", secure: false },
  { publicUrl: undefined, secure: false },
])("a login of $publicUrl is one cookie, and no other counts", async ({ publicUrl, secure }) => {
  const { login } = await signIn();
  const [own = "", other = ""] = [secure, !secure].map(
    (kind) => loginCookie(login ?? "", { secure: kind }).split(";", 1)[0],
  );
  const owner = { ...localOwner, role: "owner", scopes: null };
  expect(isLoginSecure({ PUBLIC_URL: publicUrl })).toBe(secure);
  expect(own.startsWith("__Host-")).toBe(secure);
  expect(await find(`theme=dark; ${own}`, publicUrl)).toEqual(owner);
  expect(await find(other, publicUrl)).toBeNull();
  expect(await find(`${other}x; ${own}`, publicUrl), "a planted one before it").toEqual(owner);
  expect(await find(`${own}x`, publicUrl)).toBeNull();
  expect(await find(undefined, publicUrl)).toBeNull();
});

test("an expired login is nobody, and neither token is stored", async () => {
  const { token, login } = await signIn();
  const rows = await copy.database.sql`
    select row_to_json(logins)::text as text from logins
    union all select row_to_json(sign_in_links)::text from sign_in_links`;
  expect(JSON.stringify(rows)).not.toContain(token);
  expect(JSON.stringify(rows)).not.toContain(login);
  await copy.database.sql`update logins set expires_at = now() - interval '1 second'`;
  expect(await find(`millrace_login=${login}`)).toBeNull();
});

test("unknown, foreign, deleted and malformed sessions are the same not_found", async () => {
  const { sql } = copy.database;
  await sql`insert into teams (id, name) values ('team_other', 'Other')`;
  const make = async (teamId: string) => {
    const id = createSessionId();
    await sql`
      insert into sessions (
        id, team_id, owner_id, status, title, title_source, repository, agent_id,
        setup_commands, environment
      ) values (${id}, ${teamId}, ${localOwner.userId}, 'idle', 'x', 'prompt', 'x', 'millrace', '[]', '{}')`;
    return id;
  };
  const [own, foreign, deleted] = [
    await make(localOwner.teamId),
    await make("team_other"),
    await make(localOwner.teamId),
  ];
  await sql`update sessions set deleted_at = now() where id = ${deleted}`;
  const viewer: Viewer = { ...localOwner, role: "owner", scopes: null };
  const ask = (sessionId: string, asker = viewer) =>
    requireSession(copy.database, asker, { sessionId, action: "write" });

  expect(await ask(own)).toEqual({ sessionId: own, generation: 1, teamId: localOwner.teamId });
  const answers = await Promise.all(
    [foreign, deleted, createSessionId(), "ses_x", "'; drop table sessions"].map((id) =>
      ask(id).catch((error: unknown) => error),
    ),
  );
  for (const answer of answers) {
    expect(answer).toMatchObject({ code: "not_found", message: "There is no such session" });
  }
  await expect(ask(own, { ...viewer, role: "reader" })).rejects.toMatchObject({
    code: "forbidden",
  });
  expect(() => requireTeamAction(viewer, { teamId: "team_other", action: "read" })).toThrow(
    "no such team",
  );
});

test("a login that is ended is nobody at once, and no other one ends with it", async () => {
  const [ended, other] = [await signIn(), await signIn()];
  const cookieOf = ({ login }: typeof ended) => `millrace_login=${login}`;
  expect(await find(cookieOf(ended))).not.toBeNull();
  await endLogin(copy.database, ended.login ?? "");
  await endLogin(copy.database, ended.login ?? "");
  expect(await find(cookieOf(ended))).toBeNull();
  expect(await find(cookieOf(other))).not.toBeNull();
});

test("a browser forgets its login under the name that it has it under", () => {
  expect(endedLoginCookie({ secure: true })).toMatch(
    /^__Host-millrace_login=; Secure; Path=\/;.*Max-Age=0$/,
  );
  expect(endedLoginCookie({ secure: false })).toMatch(/^millrace_login=; Path=\/;.*Max-Age=0$/);
});

test("a login that ends is good for a second more at most, and asked for once in that time", async () => {
  const { login } = await signIn();
  const cookie = `millrace_login=${login}`;
  expect(await find(cookie)).not.toBeNull();
  await copy.database.sql`update logins set expires_at = now() - interval '1 second'`;
  expect(await find(cookie)).not.toBeNull();
  await expect.poll(() => find(cookie), { timeout: 5_000 }).toBeNull();
});
