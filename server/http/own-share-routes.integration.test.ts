import { expect, test } from "vitest";
import type { ApiScope } from "#lib/api-scope.ts";
import { createSessionId, createShareId } from "#lib/ids.ts";
import { createApiToken } from "#server/accounts/api-tokens.ts";
import { localOwner } from "#server/accounts/local-owner.ts";
import type { ShareSummary } from "#server/shares/list-shares.ts";
import { turn, useSharesTest } from "#server/shares/testing/use-shares-test.ts";

const shares = useSharesTest();

async function bearer(...scopes: ApiScope[]) {
  const { database } = shares.web.server.services;
  const asked = { name: "laptop", scopes, expiresInDays: 1 };
  return `Bearer ${(await createApiToken(database, localOwner, asked)).secret}`;
}

interface Answer {
  status: number;
  type: string | null;
  content: {
    share: ShareSummary;
    shares: ShareSummary[];
    after: string | null;
    url: string | null;
    secrets?: object;
  };
}

/** Asks with a token of the scope `share`, or another one; `asked` is "GET /shr_…", what is below the address of shares. */
async function ask(asked: string, body?: object, scope: ApiScope = "share") {
  const [method = "", rest = ""] = asked.split(" ", 2);
  const response = await fetch(`${shares.web.url}/api/v1/shares${rest}`, {
    method,
    headers: { authorization: await bearer(scope), "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const content: unknown = await response.json();
  return { status: response.status, type: response.headers.get("content-type"), content } as Answer;
}

const wishes = (more: object = {}) => ({
  sessionId: shares.sessionId,
  mode: "live",
  ...more,
});

/** What whoever has the link reads. */
const outline = (url: string | null) =>
  fetch(`${shares.web.url}/api/v1/shares/${url?.split("/").at(-1)}/outline`).then(
    ({ status }) => status,
  );

test("a share's life by token: made once, read, changed, replaced and taken back", async () => {
  await shares.write(turn("Plant a tree", "It grows"));
  const shareId = createShareId();
  const asked = wishes({ shareId, hidesOutputs: true });
  const made = await ask("POST ", asked);
  expect(made).toMatchObject({
    status: 201,
    content: { share: { shareId, state: "open", hidesOutputs: true, isOwn: true } },
  });
  expect(made.content.url).toMatch(/^\/share\/[0-9A-Za-z]{27}$/);
  const again = await ask("POST ", asked);
  expect(again).toEqual({ ...made, status: 200 });
  expect((await ask("POST ", { ...asked, hidesPaths: true })).status).toBe(409);
  const { secrets, ...content } = made.content;
  expect(secrets).toMatchObject({ definiteCount: 0, possibleCount: 0 });
  expect((await ask(`GET /${shareId}`)).content).toEqual(content);
  expect(await outline(made.content.url)).toBe(200);

  const change = { hidesOutputs: false, password: "apple tree", expiresInDays: null };
  const changed = await ask(`PATCH /${shareId}`, change);
  expect(changed).toMatchObject({
    status: 200,
    content: {
      url: made.content.url,
      share: { hidesOutputs: false, hasPassword: true, expiresAt: null },
    },
  });
  expect(await outline(made.content.url)).toBe(404);
  await ask(`PATCH /${shareId}`, { password: null, expiresInDays: 1 });
  expect(await outline(made.content.url)).toBe(200);

  const rotated = await ask(`POST /${shareId}/rotate`);
  expect(rotated.status).toBe(200);
  expect(await outline(made.content.url)).toBe(404);
  expect(await outline(rotated.content.url)).toBe(200);

  for (let n = 0; n < 2; n += 1) {
    const gone = await ask(`DELETE /${shareId}`);
    expect(gone).toMatchObject({
      status: 200,
      content: { share: { state: "revoked" }, url: null },
    });
  }
  expect(await outline(rotated.content.url)).toBe(404);
  for (const [method, rest, body] of [
    ["POST", "/rotate"],
    ["PATCH", "", { hidesPaths: true }],
  ] as const)
    expect((await ask(`${method} /${shareId}${rest}`, body)).status).toBe(404);
});

test("what is over is not made again, and a link that the server cannot derive is not told (#4)", async () => {
  await shares.write(turn("Plant a tree", "It grows"));
  const shareId = createShareId();
  const asked = wishes({ shareId });
  const { sql } = shares.web.server.services.database;
  await ask("POST ", asked);
  await sql`update shares set token_hash = sha256('of another key') where id = ${shareId}`;
  expect(await ask(`GET /${shareId}`)).toMatchObject({ status: 200, content: { url: null } });
  expect(await ask(`PATCH /${shareId}`, { hidesOutputs: true })).toMatchObject({
    status: 200,
    content: { url: null, share: { hidesOutputs: true } },
  });
  await ask(`DELETE /${shareId}`);
  expect((await ask("POST ", asked)).status).toBe(410);
});

test("shares are listed by pages, newest first, and by session", async () => {
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) ids.unshift((await shares.share()).shareId);
  await ask(`DELETE /${ids[1]}`);
  const listed: string[] = [];
  let after: string | null = "";
  while (after !== null) {
    const query = `?sessionId=${shares.sessionId}&limit=2${after && `&after=${after}`}`;
    const { status, content } = await ask(`GET ${query}`);
    expect(status).toBe(200);
    expect(content.shares.length).toBeLessThanOrEqual(2);
    listed.push(...content.shares.map(({ shareId }) => shareId));
    ({ after } = content);
  }
  expect(listed).toEqual(ids);
  expect((await ask("GET ")).content.shares.length).toBeGreaterThanOrEqual(5);
});

test("no other scope shares, and this one reads nothing", async () => {
  const { shareId } = await shares.share();
  for (const scope of ["read", "ingest", "start"] as const)
    for (const [method, rest, body] of [
      ["POST", "", wishes()],
      ["GET", ""],
      ["GET", `/${shareId}`],
      ["PATCH", `/${shareId}`, {}],
      ["DELETE", `/${shareId}`],
      ["POST", `/${shareId}/rotate`],
    ] as const)
      expect(await ask(`${method} ${rest}`, body, scope)).toMatchObject({
        status: 403,
        type: "application/problem+json",
        content: { code: "forbidden", scope: "share" },
      });
  const headers = { authorization: await bearer("share") };
  const session = await fetch(`${shares.web.url}/api/v1/sessions/${shares.sessionId}`, { headers });
  expect(session.status).toBe(403);
  expect((await fetch(`${shares.web.url}/api/v1/shares`)).status).toBe(401);
});

test.each([
  ["POST ", 400, () => wishes({ mode: "often" })],
  ["POST ", 400, () => wishes({ colour: "red" })],
  ["POST ", 400, () => wishes({ toMessageId: "msg_none" })],
  ["POST ", 400, () => wishes({ password: "apple tree", allowsEmbed: true })],
  ["POST ", 404, () => wishes({ sessionId: createSessionId() })],
  ["GET ?limit=0", 400, undefined],
  ["GET ?after=x", 400, undefined],
  ["GET /shr_none", 404, undefined],
  ["DELETE /shr_none", 404, undefined],
  ["POST /shr_none/rotate", 404, undefined],
  ["PATCH /shr_none", 404, () => ({ hidesPaths: true })],
  ["PATCH /shr_none", 400, () => ({ sessionId: "ses_x" })],
] as const)("%s is refused with %i as problem details, %#", async (asked, status, body) => {
  const answer = await ask(asked, body?.());
  expect(answer).toMatchObject({ status, type: "application/problem+json" });
});

test("what may be embedded gets no password", async () => {
  const { shareId } = await shares.share({ allowsEmbed: true });
  const refused = await ask(`PATCH /${shareId}`, { password: "apple tree" });
  expect(refused).toMatchObject({ status: 400, content: { field: "allowsEmbed" } });
  const change = { password: "apple tree", allowsEmbed: false };
  expect((await ask(`PATCH /${shareId}`, change)).status).toBe(200);
});
