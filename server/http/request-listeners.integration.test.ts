import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { createSessionId } from "#lib/ids.ts";
import { openRawSocket } from "./testing/raw-socket.ts";
import { startTestWeb, type TestWeb } from "./testing/test-web.ts";

let web: TestWeb;
let cookie: string;

beforeAll(async () => {
  web = await startTestWeb({ environment: { TEST_HOOKS: "1" } });
  cookie = web.cookie;
});
afterAll(() => web.close());

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

test("what is below /api is a problem with details when nobody knows it", async () => {
  for (const path of ["/api", "/api/", "/api/v1", "/api/v2/live", "/api/test/other"]) {
    for (const method of ["GET", "POST"]) {
      const answer = await ask(path, { method });
      expect(answer.headers.get("content-type"), path).toBe("application/problem+json");
      expect(await answer.json(), path).toMatchObject({ status: 404, code: "not_found" });
    }
  }
});

test("a known address tells which method it answers", async () => {
  const session = `/api/v1/sessions/${createSessionId()}`;
  for (const path of [`${session}/events`, `${session}/items/1/body`, "/api/v1/live"]) {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const answer = await ask(path, { method, headers: { cookie } });
      expect(answer.status, `${method} ${path}`).toBe(405);
      expect(answer.headers.get("allow")).toBe("GET");
      const problem = { status: 405, code: "invalid_input", title: "Method Not Allowed" };
      expect(await answer.json()).toMatchObject({
        ...problem,
        detail: expect.stringContaining("GET only"),
      });
    }
  }
  const plain = await ask("/api/v1/live");
  expect(plain.status).toBe(426);
  expect(plain.headers.get("upgrade")).toBe("websocket");
});

test("sockets are cut for tests by a POST of somebody who is signed in", async () => {
  const address = `127.0.0.1:${web.port}`;
  const socket = new WebSocket(`ws://${address}/api/v1/live`, {
    origin: `http://${address}`,
    headers: { cookie },
  });
  let isCut = false;
  const closed = new Promise<void>((resolve) => {
    socket.on("error", () => {});
    socket.on("close", () => resolve(void (isCut = true)));
  });
  await new Promise((resolve) => socket.once("open", resolve));

  expect((await ask("/api/test/cut-sockets", { headers: { cookie } })).status).toBe(405);
  expect((await ask("/api/test/cut-sockets", { method: "POST" })).status).toBe(401);
  const pong = new Promise((resolve) => socket.once("pong", resolve));
  socket.ping();
  await pong;
  expect(isCut).toBe(false);

  const answer = await ask("/api/test/cut-sockets", { method: "POST", headers: { cookie } });
  expect(answer.status).toBe(204);
  await closed;
});

test("who is about to end is alive, and not ready", async () => {
  expect((await ask("/readyz")).status).toBe(200);
  await web.server.drain();
  expect((await ask("/readyz")).status).toBe(503);
  expect((await ask("/healthz")).status).toBe(200);
});
