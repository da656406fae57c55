import { expect, test } from "vitest";
import { deleteSession } from "#server/sessions/remove-session.ts";
import { listShares, type ShareSummary } from "./list-shares.ts";
import { copyShareToken, revokeShare, rotateShareToken } from "./manage-shares.ts";
import { scanSession } from "./redaction/scan-session.ts";
import { owner, turn, useSharesTest } from "./testing/use-shares-test.ts";

const shares = useSharesTest();
const database = () => shares.web.server.services.database;

async function unlock(token: string, password: string) {
  const response = await fetch(`${shares.web.url}/api/v1/shares/${token}/unlock`, {
    method: "POST",
    body: JSON.stringify({ password }),
  });
  return {
    status: response.status,
    text: await response.text(),
    cookie: response.headers
      .getSetCookie()
      .map((each) => each.split(";", 1)[0])
      .join("; "),
    cookies: response.headers.getSetCookie(),
  };
}

test("what is taken back, has expired, was replaced, deleted or never made answers the same", async () => {
  const { sql } = database();
  await shares.write(turn("Plant a tree", "It grows"));
  const open = () => shares.share({ mode: "live" });
  const [revoked, expired, rotated, locked] = [
    await open(),
    await open(),
    await open(),
    await shares.share({ password: "apple tree" }),
  ];
  await revokeShare(database(), owner, revoked.shareId);
  await sql`update shares set expires_at = now() where id = ${expired.shareId}`;
  const { token: replaced } = await rotateShareToken(database(), owner, rotated.shareId);
  expect((await shares.get(replaced, "outline")).status).toBe(200);
  const tokens = [revoked, expired, rotated, locked].map(({ token }) => token);
  const answers = await Promise.all(
    [...tokens, "0".repeat(27), "x", "%00", "..%2F..", "shr_1", "'--"].flatMap((token) =>
      ["outline", "transcript", "events", "items/1/body", "find?text=a", "usage"].map((rest) =>
        shares.get(token, rest),
      ),
    ),
  );
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  expect(answers[0]!.status).toBe(404);
});

test("a wrong password takes the same work and gets the same answer as no share at all", async () => {
  await shares.write(turn("Plant a tree", "It grows"));
  const { token, shareId } = await shares.share({ password: "apple tree" });
  const plain = await shares.share();
  const gone = await shares.share({ password: "apple tree" });
  await revokeShare(database(), owner, gone.shareId);
  const attempts = [];
  for (const each of [token, plain.token, gone.token, "0".repeat(27)]) {
    const before = process.cpuUsage().user;
    const { status, text } = await unlock(each, each === gone.token ? "apple tree" : "pear");
    attempts.push({ status, text, cpuMicroseconds: process.cpuUsage().user - before });
  }
  expect(new Set(attempts.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  // scrypt ran for each of them: far more than all else that a request does.
  for (const { cpuMicroseconds } of attempts) expect(cpuMicroseconds).toBeGreaterThan(20_000);

  const right = await unlock(token, "apple tree");
  expect(right.status).toBe(204);
  expect(right.cookies.map((cookie) => /Path=([^;]+); HttpOnly/.exec(cookie)?.[1])).toEqual([
    `/share/${token}`,
    `/api/v1/shares/${token}`,
  ]);
  expect((await shares.get(token, "outline", right.cookie)).status).toBe(200);
  const forged = right.cookie.replaceAll(/=(\d+)\./g, (_, s: string) => `=${Number(s) + 1}.`);
  expect((await shares.get(token, "outline", forged)).status).toBe(404);
  const other = await shares.share({ password: "apple tree" });
  expect((await shares.get(other.token, "outline", right.cookie)).status).toBe(404);
  const { token: replaced } = await rotateShareToken(database(), owner, shareId);
  expect((await shares.get(replaced, "outline", right.cookie)).status).toBe(404);
});

test("passwords cannot be tried at will", async () => {
  const statuses = [];
  for (let n = 0; n < 11; n += 1) statuses.push((await unlock("1".repeat(27), "pear")).status);
  expect(statuses).toEqual([...Array.from({ length: 10 }, () => 404), 429]);
});

test("both orders of taking back and reading: what began before ends, what comes after finds nothing", async () => {
  await shares.write(turn("Plant a tree", "It grows"));
  const { token, shareId } = await shares.share();
  const stream = await fetch(`${shares.web.url}/api/v1/shares/${token}/events`);
  expect(stream.status).toBe(200);
  const startedMs = performance.now();
  await revokeShare(database(), owner, shareId);
  expect((await shares.get(token, "transcript")).status).toBe(404);
  expect(await stream.text()).toMatch(/event: ended\ndata: {}\n\n$/);
  expect(performance.now() - startedMs).toBeLessThan(1_000);
});

test("an open page hears of news, and only that there is some", async () => {
  await shares.write(turn("Plant a tree", "It grows"));
  const { token } = await shares.share();
  const stopping = new AbortController();
  const response = await fetch(`${shares.web.url}/api/v1/shares/${token}/events`, {
    signal: stopping.signal,
  });
  const events = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  expect((await events.read()).value).toBe(": open\n\n");
  await shares.write(turn("Second prompt", "Second answer"));
  expect((await events.read()).value).toBe("event: changed\ndata: {}\n\n");
  stopping.abort();
});

test("a session that is in the trash or deleted is not shown, and its share can still be taken back", async () => {
  const { sql } = database();
  await shares.write(turn("Plant a tree", "It grows"));
  const { token, shareId } = await shares.share();
  const stateOf = async () =>
    (await listShares(database(), owner)).find((share) => share.shareId === shareId)?.state;
  expect(await stateOf()).toBe("open");
  await sql`update sessions set trashed_at = now() where id = ${shares.sessionId}`;
  expect((await shares.get(token, "outline")).status).toBe(404);
  expect(await stateOf()).toBe("hidden");
  await sql`update sessions set trashed_at = null where id = ${shares.sessionId}`;
  expect((await shares.get(token, "outline")).status).toBe(200);
  await sql`delete from sessions where id = ${shares.sessionId}`;
  expect((await shares.get(token, "outline")).status).toBe(404);
  await revokeShare(database(), owner, shareId);
  await revokeShare(database(), owner, shareId);
  expect(await stateOf()).toBe("revoked");
});

test("what was found in a session goes with it, its shares stay to be taken back", async () => {
  const { sql } = database();
  const { services } = shares.web.server;
  await shares.write(turn(`Use ghp_${"a1B2c3D4e5".repeat(4).slice(0, 36)}`, "It grows"));
  const { shareId, token } = await shares.share();
  await scanSession(services, shares.sessionId, new AbortController().signal);
  const access = { sessionId: shares.sessionId, generation: 1, teamId: owner.teamId };
  await Promise.all([
    deleteSession(services, access),
    scanSession(services, shares.sessionId, new AbortController().signal),
  ]);
  const left = await sql`
    select session_id from secret_findings where session_id = ${shares.sessionId}
    union all select session_id from secret_scans where session_id = ${shares.sessionId}`;
  expect(left).toHaveLength(0);
  expect((await shares.get(token, "outline")).status).toBe(404);
  await revokeShare(database(), owner, shareId);
});

test("a session that begins anew under its id is not shown by a share of what was there", async () => {
  const { token } = await shares.share();
  await database().sql`update sessions set generation = 2 where id = ${shares.sessionId}`;
  expect((await shares.get(token, "outline")).status).toBe(404);
});

test("shares are their owner's, and the team owner's to take back", async () => {
  const { shareId } = await shares.share();
  const member = { ...owner, userId: "usr_other", role: "member" as const };
  const stranger = { ...owner, teamId: "team_other" };
  for (const viewer of [member, stranger]) {
    await expect(copyShareToken(database(), viewer, shareId)).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(revokeShare(database(), viewer, shareId)).rejects.toMatchObject({
      code: "not_found",
    });
    expect(
      (await listShares(database(), viewer)).map((share: ShareSummary) => share.shareId),
    ).not.toContain(shareId);
  }
  const admin = { ...owner, userId: "usr_other" };
  await expect(copyShareToken(database(), admin, shareId)).rejects.toMatchObject({
    code: "not_found",
  });
  await revokeShare(database(), admin, shareId);
});
