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
  (await put(origin, [grain])).destroy();
  expect(taken).toEqual(["PUT /ada/mill.git/one 65536", "PUT /now 65536"]);
});

test("a server that says yes early still gets all of it, and one that then breaks off has not taken it", async () => {
  let received = 0;
  const patient = await serve((request, response) => {
    response.writeHead(200).flushHeaders();
    request.on("data", (chunk: Buffer) => (received += chunk.length));
  });
  (
    await put(
      patient,
      Array.from({ length: 64 }, () => grain),
    )
  ).destroy();
  expect(received).toBeGreaterThan(0);

  const hasty = await serve((request, response) => {
    response.writeHead(200).flushHeaders();
    request.once("data", () => request.socket.destroy());
  });
  await expect(
    put(
      hasty,
      Array.from({ length: 2_048 }, () => grain),
    ),
  ).rejects.toThrow("could not be reached, or broke off");
});
