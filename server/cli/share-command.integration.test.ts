import { expect, test } from "vitest";
import { createApiToken } from "#server/accounts/api-tokens.ts";
import { localOwner } from "#server/accounts/local-owner.ts";
import { scanSession } from "#server/shares/redaction/scan-session.ts";
import { turn, useSharesTest } from "#server/shares/testing/use-shares-test.ts";
import { readArguments } from "./read-arguments.ts";
import type { ShareCommand, SharesCommand, UnshareCommand } from "./read-share-arguments.ts";
import { runShare, runShares, runUnshare } from "./share-command.ts";

const shares = useSharesTest();

/** What a command prints, and what it notes. */
async function run(...args: string[]): Promise<{ printed: string[]; notes: string[] }> {
  const { database } = shares.web.server.services;
  const asked = { name: "laptop", scopes: ["share" as const], expiresInDays: 1 };
  const { secret: token } = await createApiToken(database, localOwner, asked);
  const printed: string[] = [];
  const notes: string[] = [];
  const terminal = {
    print: (line: string) => printed.push(line),
    note: (line: string) => notes.push(line),
    progress: () => {},
  };
  const context = { address: { url: shares.web.url, token }, terminal };
  const command = readArguments(args) as ShareCommand | SharesCommand | UnshareCommand;
  if (command.name === "share") await runShare(command, context);
  else if (command.name === "shares") await runShares(command, context);
  else await runUnshare(command, context);
  return { printed, notes };
}

const statusOf = async (url: string) =>
  (await fetch(url.replace("/share/", "/api/v1/shares/"))).status;

test("a link is printed, listed and taken back", async () => {
  await shares.write(turn("Plant a tree", "It grows"));
  const made = await run("share", shares.sessionId, "--frozen", "--leave-out", "outputs");
  const [url = ""] = made.printed;
  expect(url).toMatch(/^http:\/\/[^/]+\/share\/[0-9A-Za-z]{27}$/);
  expect(await statusOf(url)).toBe(200);
  const shareId = /shr_\w+/.exec(made.notes.at(-1)!)![0];

  const { printed } = await run("shares", "--session", shares.sessionId);
  expect(printed).toEqual([`${shareId}\topen\tfrozen\t0\t${shares.sessionId}\tHarvest`]);
  for (let n = 0; n < 2; n += 1) await run("unshare", shareId);
  expect(await statusOf(url)).toBe(404);
  expect((await run("shares", "--session", shares.sessionId)).printed[0]).toContain("revoked");
});

test("how many secrets are in it, and hidden, is said (#4)", async () => {
  await shares.write(
    turn("Use DB_PASSWORD=hunter2!horse", `It is ghp_${"a1B2c3D4e5F6g7H8i9".repeat(2)}`),
  );
  const { services } = shares.web.server;
  await scanSession(services, shares.sessionId, new AbortController().signal);
  const { notes } = await run("share", shares.sessionId);
  expect(notes[0]).toBe(
    "Found in the session, and hidden in the link: 1 secret and 1 possible secret",
  );
});

test("what the server refuses is said in its words", async () => {
  const none = shares.sessionId.replace(/.{4}$/, "0000");
  await expect(run("share", none)).rejects.toMatchObject({
    exitCode: 1,
    message: "There is no such session",
  });
  await expect(run("share", shares.sessionId, "--password", "short")).rejects.toMatchObject({
    exitCode: 1,
    message: expect.stringContaining("at least 8 characters"),
  });
});

test.each([
  [["share"]],
  [["share", "ses_x"]],
  [["share", "ses_0193d2b7c8a0AbCdEfGhIjKlMn", "--leave-out", "prompts"]],
  [["share", "ses_0193d2b7c8a0AbCdEfGhIjKlMn", "--days", "soon"]],
  [["shares", "more"]],
  [["unshare", "ses_x"]],
  [["unshare", "--frozen"]],
])("%j is no command", (args) => {
  expect(() => readArguments(args)).toThrow(expect.objectContaining({ exitCode: 2 }));
});
