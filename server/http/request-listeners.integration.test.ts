import { afterAll, beforeAll, expect, test } from "vitest";
import { createLiveSockets } from "#server/live/live-socket.ts";
import { startTestServer, type TestServer } from "#server/sessions/testing/test-server.ts";
import { createLiveAccess } from "./live-access.ts";
import { type OpenPort, openPort } from "./open-port.ts";
import { createRequestGuard } from "./request-guard.ts";
import { createRequestListeners } from "./request-listeners.ts";
import { openRawSocket } from "./testing/raw-socket.ts";

let server: TestServer;
let web: OpenPort;

beforeAll(async () => {
  server = await startTestServer({ environment: { TEST_HOOKS: "1" } });
  web = await openPort({ HOST: "127.0.0.1", PORT: 0 });
  const { services } = server;
  const guard = createRequestGuard(services.environment, web.port);
  const sockets = createLiveSockets({
    ...createLiveAccess(services, guard),
    hub: services.hub,
    log: services.log,
  });
  const pages = {
    handle: async (_: unknown, response: { end(text: string): unknown }) =>
      void response.end("a page"),
    handleUpgrade: () => false,
  };
  web.serve(createRequestListeners({ services, guard, sockets, pages }));
});
afterAll(async () => {
  await web.close();
  await server.close();
});

const ask = (path: string, { method = "GET", headers = {} }: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${web.port}${path}`, { method, headers, redirect: "manual" });

/** The status line of what is answered to exactly these words. */
async function askRaw(target: string): Promise<string> {
  const socket = await openRawSocket(web.port);
  socket.send(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${web.port}\r\nConnection: close\r\n\r\n`);
  return (await socket.readAll()).split("\r\n", 1)[0] ?? "";
}

const stillAnswers = async () => expect((await ask("/")).status).toBe(200);

test.each(["//", "//evil.example/healthz", "/\\", "http://", "http://x/", "http://[/", "*"])(
  "a request for %s is malformed, nothing else",
  async (target) => {
    expect(await askRaw(target)).toBe("HTTP/1.1 400 Bad Request");
  },
);

test.each(["/%", "/%ff", "/a//b", "/sign-in?token=%"])(
  "a request for %s is for somebody who knows",
  async (target) => {
    expect(await askRaw(target)).toMatch(/^HTTP\/1.1 (200|303) /);
  },
);

test.each([
  "/api/v1/sessions/%/events",
  "/api/v1/sessions/%/items/1/body",
  "/api/%",
  "/api/trpc/%",
])("a request for %s is refused, and is no fault of ours", async (target) => {
  expect(await askRaw(target)).toMatch(/^HTTP\/1.1 4\d\d /);
});

test.each(["//", "///", "http://", "http://x/api/v1/live", "*"])(
  "an upgrade at %s is refused, and the server goes on",
  async (target) => {
    const socket = await openRawSocket(web.port);
    socket.upgrade(target);
    expect(await socket.readAll()).toMatch(/^HTTP\/1.1 400 /);
    await stillAnswers();
  },
);

test.each([
  ["/%", undefined, 404],
  ["/api/v1/nothing", undefined, 404],
  ["/api/v1/live", "evil.example", 403],
  ["//", "evil.example", 400],
])(
  "an upgrade at %s under %s is refused, and a reset does no harm",
  async (target, host, status) => {
    for (let round = 0; round < 20; round += 1) {
      const socket = await openRawSocket(web.port);
      socket.upgrade(target, host);
      if (round % 2 === 0) expect(await socket.readSome()).toContain(`HTTP/1.1 ${status} `);
      socket.reset();
    }
    await stillAnswers();
  },
);

test("who is about to end is alive, and not ready", async () => {
  expect((await ask("/readyz")).status).toBe(200);
  await server.drain();
  expect((await ask("/readyz")).status).toBe(503);
  expect((await ask("/healthz")).status).toBe(200);
});
