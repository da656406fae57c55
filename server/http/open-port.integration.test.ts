import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Server } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { EnvironmentError } from "#server/env.ts";
import { createTestDatabase } from "#server/database/testing/test-database.ts";
import { log } from "#server/log.ts";
import { createHealthListeners } from "./health-routes.ts";
import { type OpenPort, openPort } from "./open-port.ts";
import { openRawSocket } from "./testing/raw-socket.ts";

const opened: OpenPort[] = [];
afterEach(() => Promise.all(opened.splice(0).map((port) => port.close())));

async function open() {
  const port = await openPort({ HOST: "127.0.0.1", PORT: 0 });
  opened.push(port);
  return port;
}

test("a port that somebody has is named, with what to do", async () => {
  const { port } = await open();
  const second = openPort({ HOST: "127.0.0.1", PORT: port });
  await expect(second).rejects.toThrow(EnvironmentError);
  await expect(second).rejects.toThrow(new RegExp(`^PORT: ${port} is in use`));
});

test("while the server starts it is alive, not ready, and asks to come back", async () => {
  const { port } = await open();
  const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  expect((await ask("/healthz")).status).toBe(200);
  expect((await ask("/readyz")).status).toBe(503);
  const early = await ask("/sessions/x");
  expect(early.headers.get("retry-after")).toBe("1");
  expect(early.headers.get("content-type")).toBe("application/problem+json");
  expect(await early.json()).toMatchObject({ status: 503, code: "unavailable" });
});

test("a process without pages tells its health, and knows no other address", async () => {
  const opening = await open();
  const draining = new AbortController();
  const copy = await createTestDatabase();
  const { database } = copy;
  opening.serve(createHealthListeners({ database, draining: draining.signal, log }));
  const status = async (path: string) =>
    (await fetch(`http://127.0.0.1:${opening.port}${path}`)).status;
  expect(await status("/healthz")).toBe(200);
  expect(await status("/readyz")).toBe(200);
  expect(await status("/")).toBe(404);
  expect(await status("/api/trpc/session.list")).toBe(404);
  draining.abort();
  expect(await status("/healthz")).toBe(200);
  expect(await status("/readyz")).toBe(503);
  await copy.drop();
});

test("a request may take longer than Node's 300 s, its head may not", async () => {
  const made: Server[] = [];
  const onListening = (message: unknown) => made.push((message as { server: Server }).server);
  subscribe("http.server.request.start", onListening);
  const { port } = await open();
  await (await fetch(`http://127.0.0.1:${port}/healthz`)).text();
  unsubscribe("http.server.request.start", onListening);
  // Batches of 5 GB and uploads come for as long as they need: their silence is bounded (`limitSilence`), not their time.
  const [server] = made.filter((one) => (one.address() as AddressInfo).port === port);
  expect(server?.requestTimeout).toBe(0);
  expect(server?.headersTimeout).toBeGreaterThan(0);
  expect(server?.headersTimeout).toBeLessThanOrEqual(60_000);
});

test("an upgrade is not for a server that starts, whatever its path", async () => {
  const { port } = await open();
  for (const path of ["/api/v1/live", "//"]) {
    const socket = await openRawSocket(port);
    socket.upgrade(path);
    expect(await socket.readAll()).toBe("");
  }
});

test("a closed port is free, and closing again is nothing", async () => {
  const first = await open();
  await first.close();
  await first.close();
  const other = createServer();
  await new Promise<void>((resolve, reject) => {
    other.once("error", reject);
    other.listen(first.port, "127.0.0.1", resolve);
  });
  await new Promise((resolve) => other.close(resolve));
});

test("closing does not wait for an upgraded socket that nobody ends", async () => {
  const { serve, close, port } = await open();
  serve({ onRequest: (_, response) => void response.end(), onUpgrade: () => {} });
  const socket = await openRawSocket(port);
  socket.upgrade("/api/v1/live");
  // An answer on another connection: the upgrade before it was seen.
  await (await fetch(`http://127.0.0.1:${port}/`)).text();
  await close();
  expect(await socket.readAll()).toBe("");
});
