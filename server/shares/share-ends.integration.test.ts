import { expect, test } from "vitest";
import { deleteSession } from "#server/sessions/remove-session.ts";
import { listShares, type ShareSummary } from "./list-shares.ts";
import { copyShareToken, revokeShare, rotateShareToken } from "./manage-shares.ts";
import { scanSession } from "./redaction/scan-session.ts";
import { owner, turn, useSharesTest } from "./testing/use-shares-test.ts";

const shares = useSharesTest();
const database = () => shares.web.server.services.database;

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

test("both orders of taking back and reading: what began before ends, what comes after finds nothing", async () => {
  await shares.write(turn("Plant a tree", "It grows"));
  const { token, shareId } = await shares.share();
  const stream = await fetch(`${shares.web.url}/api/v1/shares/${token}/events`);
  expect(stream.status).toBe(200);
  await revokeShare(database(), owner, shareId);
  expect((await shares.get(token, "transcript")).status).toBe(404);
  // It comes by itself: nothing else is asked of the server.
  expect(await stream.text()).toMatch(/event: ended\ndata: {}\n\n$/);
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
