import { once } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocket, type ClientOptions } from "ws";
import type { ServerFrame } from "#lib/live-protocol.ts";
import { log } from "#server/log.ts";
import { createLiveHub } from "./hub.ts";
import { ORIGIN, startLiveServer, type LiveServerOptions } from "./testing/live-server.ts";
import { MemorySession, TOPIC } from "./testing/memory-session.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function setUp(options: Partial<LiveServerOptions> = {}) {
  const session = new MemorySession();
  const hub = createLiveHub({
    bus: session.bus,
    readState: session.readState,
    readItemsAfter: session.readItemsAfter,
    log,
  });
  const server = await startLiveServer({ hub, ...options });
  cleanUps.push(() => server.stop());
  return { session, hub, server };
}

/** A socket that keeps what it hears. */
async function connect(
  url: string,
  options: ClientOptions = { origin: ORIGIN },
  protocols: string[] = [],
) {
  const socket = new WebSocket(url, protocols, options);
  const frames: ServerFrame[] = [];
  socket.on("message", (data) => frames.push(JSON.parse(data.toString()) as ServerFrame));
  const closed = once(socket, "close").then(([code]) => code as number);
  socket.on("error", () => {});
  await once(socket, "open");
  cleanUps.push(() => socket.terminate());
  const send = (frame: unknown) =>
    socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  const errors = () => frames.filter((frame) => frame.type === "error");
  return { socket, frames, closed, send, errors };
}

const statusOfUpgrade = (url: string, options: ClientOptions, protocols: string[] = []) =>
  new Promise<number>((resolve) => {
    const socket = new WebSocket(url, protocols, options);
    socket.on("open", () => resolve(101));
    socket.on("unexpected-response", (_, response) => resolve(response.statusCode ?? 0));
    socket.on("error", () => resolve(0));
    cleanUps.push(() => socket.terminate());
  });

describe("a live socket", () => {
  test("opens for pages of its own site only", async () => {
    const { server } = await setUp();
    const origins = [
      "http://evil.test",
      "null",
      `${ORIGIN}.evil.test`,
      "http://sub.app.test",
      "http://app.test:81",
      "https://app.test",
    ];
    for (const origin of origins)
      expect(await statusOfUpgrade(server.url, { origin }), origin).toBe(403);
    expect(await statusOfUpgrade(server.url, {}), "no origin, cookie").toBe(403);
    expect(
      await statusOfUpgrade(server.url, {}, ["millrace.live.1", "millrace.ticket.abc"]),
      "no origin, ticket",
    ).toBe(101);
    expect(await statusOfUpgrade(server.url, { origin: ORIGIN })).toBe(101);
  });

  test("answers everything that is no frame of the protocol with an error, then closes", async () => {
    const { server, hub } = await setUp();
    const bad = [
      "",
      "{",
      "null",
      "[]",
      '{"type":"shout"}',
      { type: "subscribe" },
      { type: "subscribe", topic: "session:a/b" },
      { type: "subscribe", topic: TOPIC, cursor: { generation: 1, seq: -1 } },
      { type: "subscribe", topic: TOPIC, cursor: "1-1" },
    ];
    for (const frame of bad) {
      const client = await connect(server.url);
      client.send(frame);
      expect(await client.closed, JSON.stringify(frame)).toBe(1008);
      expect(client.errors()).toMatchObject([{ code: "invalid_input", topic: null }]);
    }
    const binary = await connect(server.url);
    binary.socket.send(Buffer.from("x"));
    expect(await binary.closed).toBe(1008);
    expect(hub.topicCount()).toBe(0);
  });

  test("ends at a frame over 64 KiB", async () => {
    const { server } = await setUp();
    const client = await connect(server.url);
    client.send("x".repeat(64 * 1024 + 1));
    expect(await client.closed).toBe(1009);
    expect(client.errors()).toMatchObject([{ code: "invalid_input", topic: null }]);
  });

  test("ends with the login of whoever opened it, and only then", async () => {
    const ended = new Set<string>();
    const { server, hub } = await setUp({
      authenticate: async ({ headers }) => headers.cookie ?? "",
      findEnded: async (viewers) => new Set(viewers.filter((viewer) => ended.has(viewer))),
      recheckMs: 10,
    });
    const leaving = await connect(server.url, { origin: ORIGIN, headers: { cookie: "a" } });
    const staying = await connect(server.url, { origin: ORIGIN, headers: { cookie: "b" } });
    leaving.send({ type: "subscribe", topic: TOPIC });
    await vi.waitFor(() => expect(hub.topicCount()).toBe(1));
    ended.add("a");
    expect(await leaving.closed).toBe(4401);
    expect(leaving.errors()).toMatchObject([{ code: "unauthorized", topic: null }]);
    expect(hub.topicCount()).toBe(0);
    expect(staying.socket.readyState).toBe(WebSocket.OPEN);
  });

  test("answers the same for a foreign session and an unknown one, and stays", async () => {
    const { server, hub } = await setUp({
      authorize: async (_, topic) => (topic === TOPIC ? "ok" : "not_found"),
    });
    const client = await connect(server.url);
    client.send({ type: "subscribe", topic: "session:foreign" });
    client.send({ type: "subscribe", topic: "session:unknown" });
    await vi.waitFor(() => expect(client.errors()).toHaveLength(2));
    const [foreign, unknown] = client.errors();
    expect({ ...foreign, topic: "" }).toEqual({ ...unknown, topic: "" });
    client.send({ type: "subscribe", topic: TOPIC });
    await vi.waitFor(() =>
      expect(client.frames.at(-1)).toMatchObject({ type: "events", topic: TOPIC }),
    );
    expect(hub.topicCount()).toBe(1);
  });

  test("carries at most 32 topics", async () => {
    const { server, hub } = await setUp();
    const client = await connect(server.url);
    for (let number = 1; number <= 32; number += 1) {
      client.send({ type: "subscribe", topic: `sessions:team-${number}` });
    }
    await vi.waitFor(() => expect(hub.topicCount()).toBe(32));
    expect(client.errors()).toEqual([]);
    client.send({ type: "subscribe", topic: "sessions:one-more" });
    expect(await client.closed).toBe(1008);
    await vi.waitFor(() => expect(hub.topicCount()).toBe(0));
  });

  test("answers frames in their order, however long each takes", async () => {
    const { server, hub } = await setUp({
      authorize: (_, topic) =>
        new Promise((resolve) => setTimeout(() => resolve("ok"), topic === TOPIC ? 30 : 0)),
    });
    const client = await connect(server.url);
    client.send({ type: "subscribe", topic: TOPIC });
    client.send({ type: "unsubscribe", topic: TOPIC });
    await vi.waitFor(() =>
      expect(client.frames.at(-1)).toEqual({ type: "unsubscribed", topic: TOPIC }),
    );
    expect(hub.topicCount()).toBe(0);
  });

  test("tells who is not signed in, in a frame", async () => {
    const { server } = await setUp({ authenticate: async () => null });
    const client = await connect(server.url);
    expect(await client.closed).toBe(4401);
    expect(client.frames).toMatchObject([{ type: "error", code: "unauthorized", topic: null }]);
  });

  test("pings in both ways, and ends when the peer answers neither", async () => {
    const { server, hub } = await setUp({ pingMs: 40 });
    const client = await connect(server.url);
    client.send({ type: "subscribe", topic: TOPIC });
    const dead = await connect(server.url, { origin: ORIGIN, autoPong: false });
    dead.send({ type: "subscribe", topic: TOPIC });
    expect(await dead.closed).toBe(1006);
    await vi.waitFor(() => expect(client.frames).toContainEqual({ type: "ping" }));
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
    await vi.waitFor(() => expect(server.sockets.connectionCount()).toBe(1));
    expect(hub.topicCount()).toBe(1);
  });

  test("holds one page for a reader who stopped, cuts it when live, and serves the others", async () => {
    const { session, server } = await setUp();
    const client = await connect(server.url);
    const other = await connect(server.url);
    for (const { send } of [client, other]) send({ type: "subscribe", topic: TOPIC });
    const seqs = ({ frames }: typeof client) =>
      frames
        .flatMap((frame) => (frame.type === "events" ? frame.events : []))
        .flatMap((event) => (event.type === "item" ? event.seq : []));
    await vi.waitFor(() => expect(other.frames).not.toEqual([]));
    await vi.waitFor(() => expect(client.frames).not.toEqual([]));
    client.socket.pause();
    // What the kernel takes for a reader who stopped varies; this is more.
    const bigPart = "x".repeat(60_000);
    for (let count = 1; count <= 400; count += 1) {
      session.tell(session.commitItem(`${bigPart}${count}`));
      await vi.waitFor(() => expect(seqs(other)).toHaveLength(count), { interval: 1 });
      if (server.sockets.connectionCount() === 1) break;
    }
    client.socket.resume();
    expect(await client.closed).toBe(1013);
    expect(client.errors()).toMatchObject([{ code: "resume", topic: null }]);

    const back = await connect(server.url);
    back.send({
      type: "subscribe",
      topic: TOPIC,
      cursor: { generation: 1, seq: seqs(client).length },
    });
    await vi.waitFor(() => expect([...seqs(client), ...seqs(back)]).toEqual(seqs(other)));
  });
});
