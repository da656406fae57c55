import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import type { LiveError, LiveEvent } from "#lib/live-protocol.ts";
import { createLiveClient, type LiveClientOptions } from "#components/live/live-client.ts";
import { log } from "#server/log.ts";
import { createLiveHub } from "./hub.ts";
import { ORIGIN, startLiveServer, type LiveServerOptions } from "./testing/live-server.ts";
import { makeDelta, MemorySession, TOPIC } from "./testing/memory-session.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function setUp(
  serverOptions: Partial<LiveServerOptions> = {},
  clientOptions: Partial<LiveClientOptions> = {},
) {
  const session = new MemorySession();
  const hub = createLiveHub({
    bus: session.bus,
    readState: session.readState,
    readItemsAfter: session.readItemsAfter,
    log,
  });
  const server = await startLiveServer({ hub, ...serverOptions });
  cleanUps.push(() => server.stop());
  let comeBack = () => {};
  const client = createLiveClient({
    url: server.url,
    createSocket: (url, protocols) => new WebSocket(url, protocols, { origin: ORIGIN }),
    watchReturn: (onReturn) => {
      comeBack = onReturn;
      return () => {};
    },
    ...clientOptions,
  });
  cleanUps.push(() => client.close());
  const statuses: string[] = [];
  client.connection.subscribe(() => statuses.push(client.connection.get().status));
  return { session, hub, server, client, statuses, comeBack: () => comeBack() };
}

function watch(client: ReturnType<typeof createLiveClient>, cursor = null) {
  const events: LiveEvent[] = [];
  const errors: LiveError[] = [];
  const leave = client.subscribe(TOPIC, {
    cursor,
    onEvents: (news) => events.push(...news),
    onError: (error) => errors.push(error),
  });
  const seqs = () => events.flatMap((event) => (event.type === "item" ? event.seq : []));
  return { events, errors, leave, seqs };
}

const untilStatus = (client: ReturnType<typeof createLiveClient>, status: string) =>
  vi.waitFor(() => expect(client.connection.get().status).toBe(status), { timeout: 5_000 });

const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe("the live client", () => {
  test("goes on without a gap or a repetition when its socket is cut again and again", async () => {
    const { session, client, statuses, server } = await setUp();
    const { seqs, events } = watch(client);
    await untilStatus(client, "live");
    for (let cut = 0; cut < 3; cut += 1) {
      for (let count = 0; count < 20; count += 1) session.tell(session.commitItem());
      server.sockets.cutAllSockets();
      await untilStatus(client, "offline");
      session.tellVolatile(makeDelta(0, "said to nobody"));
      for (let count = 0; count < 20; count += 1) session.tell(session.commitItem());
      await untilStatus(client, "live");
    }
    await vi.waitFor(() => expect(seqs()).toEqual(range(120)));
    expect(events.some(({ type }) => type === "delta")).toBe(false);
    expect(statuses.slice(0, 4)).toEqual(["catching-up", "live", "offline", "catching-up"]);
  });

  test("is told of what it lacks while it catches up", async () => {
    const { session, client } = await setUp();
    session.pageSize = 10;
    for (let count = 0; count < 100; count += 1) session.commitItem();
    const behind: number[] = [];
    client.connection.subscribe(() => behind.push(client.connection.get().behind));
    const { seqs } = watch(client);
    await untilStatus(client, "live");
    expect(seqs()).toEqual(range(100));
    expect(behind[0]).toBe(100);
    expect(behind.at(-1)).toBe(0);
  });

  test("connects again at once when the page returns, and does not hear the old socket", async () => {
    const { session, client, comeBack, server, statuses } = await setUp();
    const { seqs } = watch(client);
    await untilStatus(client, "live");
    comeBack();
    session.tell(session.commitItem());
    await vi.waitFor(() => expect(seqs()).toEqual([1]));
    await vi.waitFor(() => expect(server.sockets.connectionCount()).toBe(1));
    expect(statuses).not.toContain("offline");
  });

  test("takes silence for a loss", async () => {
    const { client, statuses } = await setUp({ pingMs: 60_000 }, { silenceMs: 50 });
    watch(client);
    await vi.waitFor(() => expect(statuses).toContain("offline"), { timeout: 3_000 });
  });

  test("stays while the server pings", async () => {
    let pingCount = 0;
    const { client, statuses } = await setUp(
      { pingMs: 20 },
      {
        silenceMs: 200,
        createSocket(url, protocols) {
          const socket = new WebSocket(url, protocols, { origin: ORIGIN });
          socket.on(
            "message",
            (data) => (pingCount += data.toString() === '{"type":"ping"}' ? 1 : 0),
          );
          return socket;
        },
      },
    );
    watch(client);
    await vi.waitFor(() => expect(pingCount).toBeGreaterThan(20), { timeout: 5_000 });
    expect(statuses).not.toContain("offline");
  });

  test("gives up a session that is not there, and says so once", async () => {
    const { client } = await setUp({ authorize: async () => "not_found" });
    const { errors, events } = watch(client);
    await vi.waitFor(() => expect(errors.map(({ code }) => code)).toEqual(["not_found"]));
    expect(events).toEqual([]);
  });

  test("gives up when it is not signed in", async () => {
    const { client, server } = await setUp({ authenticate: async () => null });
    const { errors } = watch(client);
    await vi.waitFor(() => expect(errors).toMatchObject([{ code: "unauthorized", topic: null }]));
    await vi.waitFor(() => expect(server.sockets.connectionCount()).toBe(0));
  });

  test("learns that the session was deleted", async () => {
    const { session, client } = await setUp();
    const { errors } = watch(client);
    await untilStatus(client, "live");
    const news = session.commitState();
    session.exists = false;
    session.tell(news);
    await vi.waitFor(() => expect(errors.map(({ code }) => code)).toEqual(["gone"]));
  });

  test("hears nothing of an old subscription when a topic is left and joined at once", async () => {
    const { session, client } = await setUp();
    for (let count = 0; count < 50; count += 1) session.commitItem();
    const first = watch(client);
    await untilStatus(client, "live");
    session.tell(session.commitItem());
    first.leave();
    const second = watch(client);
    session.tell(session.commitItem());
    await vi.waitFor(() => expect(second.seqs()).toEqual(range(52)));
    expect(second.events[0]?.type).toBe("state");
  });

  test("brings one ticket per connection where there is no cookie, and never in the address", async () => {
    const offered: unknown[] = [];
    let count = 0;
    const { client, server } = await setUp(
      {
        authenticate: async ({ headers, url }) => {
          offered.push([headers["sec-websocket-protocol"], url]);
          return "viewer";
        },
      },
      { fetchTicket: async () => `t${++count}` },
    );
    watch(client);
    await untilStatus(client, "live");
    server.sockets.cutAllSockets();
    await untilStatus(client, "offline");
    await untilStatus(client, "live");
    expect(offered).toEqual([
      ["millrace.live.1,millrace.ticket.t1", "/api/v1/live"],
      ["millrace.live.1,millrace.ticket.t2", "/api/v1/live"],
    ]);
  });

  test("falls back to server-sent events where sockets are blocked, and says so", async () => {
    const { session, client } = await setUp({ blocksSockets: () => true, pingMs: 1_000 });
    session.commitItem();
    const { seqs } = watch(client);
    await vi.waitFor(() => expect(client.connection.get().transport).toBe("event-stream"), {
      timeout: 15_000,
    });
    await untilStatus(client, "live");
    session.tell(session.commitItem());
    session.tellVolatile(makeDelta(0, "text"));
    await vi.waitFor(() => expect(seqs()).toEqual([1, 2]));
  });
});
