import { expect, test } from "vitest";
import { hashSecretToken } from "#server/accounts/secret-token.ts";
import { takeAttempt } from "./attempt-limit.ts";
import { revokeShare, rotateShareToken } from "./manage-shares.ts";
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
    headers: [...response.headers.keys()].join(),
    cookie: response.headers
      .getSetCookie()
      .map((each) => each.split(";", 1)[0])
      .join("; "),
    cookies: response.headers.getSetCookie(),
  };
}

test("a password opens its share, and no other", async () => {
  await shares.write(turn("Plant a tree", "It grows"));
  const { token, shareId } = await shares.share({ password: "apple tree" });
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

let unknownCount = 0;
const unknownToken = () => String((unknownCount += 1)).padStart(27, "0");

/** Links that a password does not open, each for its own reason. */
async function closedLinks(): Promise<Map<string, string>> {
  const { sql } = database();
  await shares.write(turn("Plant a tree", "It grows"));
  const make = () => shares.share({ password: "apple tree" });
  const [locked, revoked, expired, rotated, open] = [
    await make(),
    await make(),
    await make(),
    await make(),
    await shares.share(),
  ];
  await revokeShare(database(), owner, revoked.shareId);
  await sql`update shares set expires_at = now() where id = ${expired.shareId}`;
  await rotateShareToken(database(), owner, rotated.shareId);
  return new Map([
    ["unknown", unknownToken()],
    ["wrong password", locked.token],
    ["taken back", revoked.token],
    ["expired", expired.token],
    ["replaced", rotated.token],
    ["without a password", open.token],
  ]);
}

/** The password that would open them, had they not ended; of those that have not, another one. */
const passwordFor = (what: string) => (what === "wrong password" ? "pear trees" : "apple tree");

/** Below this one cannot be told from another over a network; a password that is not tried makes a factor of 50. */
const SAME_WORK = 1.4;
const ROUNDS_MAX = 9;

test("every link that a password does not open takes the same work and gets the same answer", async () => {
  const links = await closedLinks();
  const answers = new Set<string>();
  const least = new Map([...links.keys()].map((what) => [what, Infinity]));
  const ratio = () => Math.max(...least.values()) / Math.min(...least.values());
  // What else the process does only adds: the least of some rounds, one after the other, is the work itself.
  for (let round = 0; round < ROUNDS_MAX && (round < 2 || ratio() > SAME_WORK); round += 1) {
    for (const [what, token] of links) {
      const before = process.cpuUsage();
      const { status, text, headers } = await unlock(token, passwordFor(what));
      const { user, system } = process.cpuUsage(before);
      least.set(what, Math.min(least.get(what)!, user + system));
      answers.add(`${status} ${headers} ${text}`);
    }
  }
  expect(answers.size).toBe(1);
  expect(Math.min(...least.values())).toBeGreaterThan(20_000);
  expect(ratio(), JSON.stringify([...least])).toBeLessThanOrEqual(SAME_WORK);
});

test("passwords cannot be tried at will, whatever is behind the link", async () => {
  const { token } = await shares.share({ password: "apple tree" });
  for (const each of [token, unknownToken()]) {
    const answers = await Promise.all(Array.from({ length: 12 }, () => unlock(each, "pear trees")));
    const statuses = answers.map(({ status }) => status).toSorted((one, other) => one - other);
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 404), 429, 429]);
  }
  // The right one, too: an answer would tell that it is.
  expect((await unlock(token, "apple tree")).status).toBe(429);
});

test("all processes count together, a minute long, and what nobody tries any more goes", async () => {
  const { sql } = database();
  const hash = hashSecretToken(unknownToken());
  const attempt = () =>
    takeAttempt(database(), hash).then(
      () => "ok",
      ({ code }: { code: string }) => code,
    );
  const outcomes = await Promise.all(Array.from({ length: 25 }, attempt));
  expect(outcomes.filter((outcome) => outcome === "ok")).toHaveLength(10);
  expect(new Set(outcomes)).toEqual(new Set(["ok", "rate_limited"]));
  await sql`update share_attempts set since_at = now() - interval '61 s'`;
  expect(await attempt()).toBe("ok");
  for (let n = 0; n < 3; n += 1) await takeAttempt(database(), hashSecretToken(unknownToken()));
  const old = await sql`select from share_attempts where since_at < now() - interval '60 s'`;
  expect(old).toHaveLength(0);
});
