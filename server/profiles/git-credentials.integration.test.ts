import { generateKeyPairSync } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type GitServer, startGitServer } from "#e2e/support/git-server.ts";
import type { SessionState } from "#lib/session-state.ts";
import { createCaller } from "#server/routers/app-router.ts";
import { gitEnvironment, type GitRemote } from "#server/workspaces/git-environment.ts";
import { owner } from "#server/sessions/testing/test-server.ts";
import { useTestServer } from "#server/sessions/testing/use-test-server.ts";
import { findGitCredential } from "./git-credentials.ts";
import { APP_ID, INSTALLATION_ID, startFakeGitHub } from "./testing/fake-github.ts";

const context = useTestServer({ environment: { ALLOWED_PRIVATE_HOSTS: "127.0.0.1" } });
const TOKEN = "tk-0a1b2c3d4e5f";

let git: GitServer;
let repository: string;

beforeEach(async () => {
  git = await startGitServer({ root: dirname(context.repository) });
  repository = `${git.url}/app/.git`;
  git.protect({ username: "millrace", password: TOKEN });
});
afterEach(() => git.close());

const openCaller = () =>
  createCaller({
    services: context.server.services,
    viewer: owner,
    callerGone: () => AbortSignal.abort(),
  }).gitCredential;

const refusalOf = ({ preparation }: SessionState) =>
  preparation?.steps.find(({ step }) => step === "clone")?.message;

async function findFilesWith(folder: string, text: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const found: string[] = [];
  for (const name of names) {
    const path = join(folder, name);
    if (!(await stat(path).catch(() => null))?.isFile()) continue;
    if ((await readFile(path)).includes(text)) found.push(name);
  }
  return found;
}

test("a private repository opens with the team's token, which no file and no row keeps as it is", async () => {
  const { server } = context;
  await openCaller().set({ host: git.url, username: "millrace", token: TOKEN });
  await server.work();
  const sessionId = await server.start({ repository });
  await server.until(sessionId, ({ status }) => status === "idle");
  expect(await findFilesWith(server.dataDir, TOKEN)).toEqual([]);
  expect(JSON.stringify(await openCaller().list())).not.toContain(TOKEN);

  // Its copy is the team's: without the token even what lies on the disk already is not found.
  await openCaller().remove({ host: new URL(git.url).host });
  const without = await server.start({ repository });
  const refused = await server.until(without, ({ status }) => status === "failed");
  expect(refusalOf(refused)).toBe("The repository was not found, or it is private");
});

test("a token that the server does not take is told as such", async () => {
  const { server } = context;
  await openCaller().set({ host: git.url, username: "millrace", token: "tk-another-one" });
  await server.work();
  const sessionId = await server.start({ repository });
  const state = await server.until(sessionId, ({ status }) => status === "failed");
  expect(refusalOf(state)).toBe("The git server refused access to the repository");
  expect(JSON.stringify(state)).not.toContain("tk-another-one");
});

test("an App of GitHub opens what its installation may, by a token that lives in memory alone", async () => {
  const { server } = context;
  const github = await startFakeGitHub();
  try {
    const { privateKey, apiUrl } = github;
    const app = { appId: APP_ID, installationId: INSTALLATION_ID };
    await openCaller().set({ host: git.url, token: "replaced by the App" });
    await openCaller().setApp({ host: git.url, ...app, privateKey, apiUrl });
    const [summary] = await openCaller().list();
    expect(summary).toMatchObject({ username: "x-access-token", app: { ...app, apiUrl } });
    git.protect({ username: "x-access-token", password: "ghs_0abcdefghijklmnopqrstuvwxyz012345" });
    await server.work();
    const sessionId = await server.start({ repository });
    await server.until(sessionId, ({ status }) => status === "idle");
    expect(github.tokens).toHaveLength(1);
    for (const secret of [...github.tokens, privateKey.split("\n")[1] ?? ""])
      expect(await findFilesWith(server.dataDir, secret)).toEqual([]);

    // GitHub has taken it back: this clone is refused, and the next one has another.
    git.protect({ username: "x-access-token", password: "another" });
    await server.until(await server.start({ repository }), ({ status }) => status === "failed");
    const find = () =>
      findGitCredential(server.services, { teamId: owner.teamId, url: repository });
    expect(await find()).toMatchObject({ token: github.tokens[1] });
    // Whoever sets the App again may have given it more.
    await openCaller().setApp({ host: git.url, ...app, privateKey, apiUrl });
    expect(await find()).toMatchObject({ token: github.tokens[2] });
  } finally {
    await github.close();
  }
});

test.each([
  [{ privateKey: "no key" }, "privateKey"],
  [{ installationId: "x" }, "installationId"],
  [{ appId: "a b" }, "appId"],
  [{ apiUrl: "ftp://api.github.com" }, "apiUrl"],
  [{ apiUrl: "https://me@api.github.com" }, "apiUrl"],
])("an App with %j is refused", async (wrong, field) => {
  const input = { appId: "1", installationId: "2", privateKey: "", ...wrong };
  await expect(openCaller().setApp(input)).rejects.toMatchObject({
    cause: {
      issues: expect.arrayContaining([expect.objectContaining({ path: [field] })]) as unknown,
    },
  });
});

test("an App at an address that is not encrypted is refused in words", async () => {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const input = { appId: "1", installationId: "2", privateKey, apiUrl: "http://github.test/" };
  await expect(openCaller().setApp(input)).rejects.toThrow("address");
});

test("git finds the token for its own server only, and no argument or configuration holds it", () => {
  const credential = { username: "millrace", token: TOKEN };
  const remote: GitRemote = {
    kind: "https",
    url: "https://git.test/app",
    pinnedAddresses: [],
    credential,
  };
  const entries = Object.entries(gitEnvironment(remote, "/dev/null"));
  const holders = entries.filter(([, value]) => value.includes(TOKEN));
  expect(holders.map(([name]) => name)).toEqual(["MILLRACE_GIT_TOKEN"]);
  expect(entries.map(([, value]) => value)).toContain("credential.https://git.test.helper");
});

test.each([
  [{ host: "", token: TOKEN }, "host"],
  [{ host: "https://user@git.test", token: TOKEN }, "host"],
  [{ host: "git.test", token: "two\nlines" }, "token"],
  [{ host: "git.test", token: TOKEN, username: "a:b" }, "username"],
])("%j is refused", async (input, field) => {
  await expect(openCaller().set(input)).rejects.toMatchObject({
    cause: { issues: [expect.objectContaining({ path: [field] })] },
  });
});
