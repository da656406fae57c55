import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { forgetInstallationToken, getInstallationToken } from "./github-app-token.ts";
import {
  APP_ID,
  type FakeGitHub,
  INSTALLATION_ID,
  startFakeGitHub,
} from "./testing/fake-github.ts";

let github: FakeGitHub;
beforeEach(async () => {
  github = await startFakeGitHub();
});
afterEach(() => github.close());

interface Wanted {
  appId?: string;
  installationId?: string;
  privateKey?: string;
  apiUrl?: string;
}

const ask = (wanted: Wanted = {}) => {
  const { privateKey = github.privateKey, apiUrl = github.apiUrl } = wanted;
  const { appId = APP_ID, installationId = INSTALLATION_ID } = wanted;
  return getInstallationToken({
    app: { appId, installationId, apiUrl },
    privateKey,
    allowedPrivateHosts: ["127.0.0.1"],
  });
};

test("a token is asked for once, also by many at one time, and kept until shortly before its end", async () => {
  const given = await Promise.all([ask(), ask(), ask()]);
  expect(given).toEqual([github.tokens[0], github.tokens[0], github.tokens[0]]);
  expect(await ask()).toBe(github.tokens[0]);
  expect(github.tokens).toHaveLength(1);
});

test("a token that ends soon is not given out again", async () => {
  github.lifeMs = 9 * 60_000;
  await ask();
  expect(await ask()).toBe(github.tokens[1]);
});

test("a token that a git server has refused is not given out again, unlike others", async () => {
  const refused = await ask();
  await ask({ privateKey: `${github.privateKey}\n` });
  forgetInstallationToken(refused);
  expect(await ask()).toBe(github.tokens[2]);
  expect(await ask({ privateKey: `${github.privateKey}\n` })).toBe(github.tokens[1]);
});

test("an API that is slow to answer holds up nobody but those who ask it", async () => {
  const slow = createServer(() => {});
  await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
  const apiUrl = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
  const waiting = ask({ apiUrl }).then(
    () => "answered",
    () => "not answered",
  );
  expect(await Promise.race([waiting, ask()])).toBe(github.tokens[0]);
  slow.closeAllConnections();
  slow.close();
  expect(await waiting).toBe("not answered");
});

test("an App or an installation that GitHub does not know is told as such, and asked for again", async () => {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  await expect(ask({ privateKey })).rejects.toThrow("GitHub does not know the App by this key");
  await expect(ask({ appId: "4712" })).rejects.toMatchObject({ code: "forbidden" });
  await expect(ask({ installationId: "816" })).rejects.toThrow("knows no such installation");
  expect(await ask()).toBe(github.tokens[0]);
});

test("a token is given to nobody who does not have the key that it was given for", async () => {
  await ask();
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  await expect(ask({ privateKey })).rejects.toThrow("GitHub does not know the App by this key");
  await expect(ask({ installationId: "816" })).rejects.toThrow("knows no such installation");
});

test("an API on a private address is not asked unless the server allows it", async () => {
  const app = { appId: APP_ID, installationId: INSTALLATION_ID, apiUrl: github.apiUrl };
  await expect(
    getInstallationToken({ app, privateKey: github.privateKey, allowedPrivateHosts: [] }),
  ).rejects.toMatchObject({ code: "invalid_input" });
  expect(github.tokens).toEqual([]);
});

test("an API that is away gives no token, until it is there again", async () => {
  await github.close();
  await expect(ask()).rejects.toMatchObject({ code: "unavailable" });
});
