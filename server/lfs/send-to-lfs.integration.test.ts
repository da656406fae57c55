import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { type GitServer, startGitServer } from "#e2e/support/git-server.ts";
import { type LfsAccess, sendToLfs } from "./send-to-lfs.ts";

const servers: GitServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<string> {
  const answerBesides = async (request: IncomingMessage, response: ServerResponse) => {
    await answer(request, response);
    return true;
  };
  const server = await startGitServer({ root: tmpdir(), answerBesides });
  servers.push(server);
  return server.url;
}

const accessOf = (origin: string): LfsAccess => ({
  repository: { kind: "http", url: `${origin}/ada/mill`, label: "mill", key: "mill" },
  rules: { allowedPrivateHosts: ["127.0.0.1"], signal: new AbortController().signal },
});

const put = (origin: string, body: Iterable<Uint8Array>) =>
  sendToLfs(accessOf(origin), `${origin}/ada/mill.git/one`, {
    method: "PUT",
    headers: {},
    way: [],
    openBody: () => Readable.from(body),
  });

const grain = Buffer.alloc(64 * 1024, "grain");

test.each([
  [300, {}],
  [302, {}],
  [303, { location: "/elsewhere" }],
  [304, { location: "/elsewhere" }],
])("a server that answers %s has taken nothing", async (status, headers) => {
  const origin = await serve(async (request, response) => {
    await buffer(request);
    response.writeHead(request.url === "/elsewhere" ? 200 : status, headers).end();
  });
  await expect(put(origin, [grain])).rejects.toThrow(`answered with the status ${status}`);
});

test("what has moved is sent to where it is now", async () => {
  const taken: string[] = [];
  const origin = await serve(async (request, response) => {
    const { length } = await buffer(request);
    taken.push(`${request.method} ${request.url} ${length}`);
    if (request.url === "/now") response.end();
    else response.writeHead(307, { location: "/now" }).end();
  });
  (await put(origin, [grain])).response.destroy();
  expect(taken).toEqual(["PUT /ada/mill.git/one 65536", "PUT /now 65536"]);
});

/** What no buffer on the way takes. */
const harvest = Array.from({ length: 2_048 }, () => grain);

test("a server that says yes early gets the rest, and one that then breaks off has not taken it", async () => {
  const patient = await serve((request, response) => {
    response.writeHead(200).flushHeaders();
    request.resume();
  });
  (await put(patient, harvest)).response.destroy();

  const hasty = await serve((request, response) => {
    response.writeHead(200).flushHeaders();
    request.once("data", () => request.socket.destroy());
  });
  await expect(put(hasty, harvest)).rejects.toThrow("could not be reached, or broke off");
});

test("behind another server the credential stays away, and so does a private host", async () => {
  const heard: unknown[] = [];
  const own = await serve(({ headers }, response) => {
    heard.push(headers.authorization);
    response.end();
  });
  const access = accessOf(own);
  const { rules } = access;
  const findCredential = () => Promise.resolve({ username: "ada", token: "tk-0a1b2c3d4e5f" });
  const ask = (way: string[]) =>
    sendToLfs({ ...access, rules: { ...rules, findCredential } }, `${own}/ada/mill.git/1`, {
      method: "GET",
      headers: {},
      way: way.map((text) => new URL(text)),
    });
  (await ask([`${own}/ada/mill.git/info/lfs`])).response.destroy();
  (await ask(["http://127.0.0.1:1/"])).response.destroy();
  expect(heard).toEqual([expect.stringMatching(/^Basic /), undefined]);
  await expect(ask(["https://files.example/"])).rejects.toThrow("an address that is private");
});
