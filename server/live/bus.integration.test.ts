import { connect, createServer, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { openDatabase } from "#server/database/database.ts";
import { openCuttableProxy } from "#server/database/testing/cuttable-proxy.ts";
import type { StepState } from "#lib/preparation.ts";
import type { UploadCounts } from "#lib/upload.ts";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import { log } from "#server/log.ts";
import { sendNews, BUS_CHANNEL, type BusMessage, type VolatileEvent } from "./bus-message.ts";
import { openBus, type BusOptions } from "./bus.ts";
import { makeDelta } from "./testing/memory-session.ts";

let rows: TestDatabase;
beforeAll(async () => {
  rows = await createTestDatabase();
});
afterAll(() => rows.drop());

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function open(processId: string, options: Partial<BusOptions> = {}) {
  const { database, url } = rows;
  const base = { databaseUrl: url, database, processId, log, hasPeers: () => true };
  const bus = await openBus({ ...base, ...options });
  cleanUps.push(() => bus.close());
  const heard: BusMessage[] = [];
  bus.subscribe((message) => heard.push(message));
  const volatile = () =>
    heard.flatMap((message) => (message.kind === "volatile" ? message.events : []));
  return { bus, heard, volatile };
}

const wake = (sessionId: string) => ({ kind: "wake" as const, sessionId });

describe("durable news", () => {
  test("arrives everywhere when its transaction commits, and nowhere when it does not", async () => {
    const [here, there] = [await open("p1"), await open("p2")];
    const { sql } = rows.database;
    await sql
      .begin(async (transaction) => {
        await sendNews(transaction, [wake("undone")]);
        throw new Error("roll back");
      })
      .catch(() => {});
    await sql.begin((transaction) =>
      sendNews(transaction, [wake("done"), wake("done"), wake("other")]),
    );
    for (const { heard } of [here, there]) {
      await vi.waitFor(() => expect(heard).toEqual([wake("done"), wake("other")]));
    }
  });

  test("is not disturbed by strangers on the channel", async () => {
    const { heard } = await open("p1");
    const { sql } = rows.database;
    for (const payload of [
      "",
      "{",
      "[]",
      "null",
      '{"kind":"party"}',
      '{"kind":"items","sessionId":1}',
    ]) {
      await sql`select pg_notify(${BUS_CHANNEL}, ${payload})`;
    }
    await sendNews(sql, [wake("good")]);
    await vi.waitFor(() => expect(heard).toEqual([wake("good")]));
  });
});

describe("news of this process", () => {
  test("is heard here at once and once, and by another process soon", async () => {
    const here = await open("p1");
    const there = await open("p2");
    here.bus.tell(wake("told"));
    expect(here.heard).toEqual([wake("told")]);
    await vi.waitFor(() => expect(there.heard).toEqual([wake("told")]));
    await sendNews(rows.database.sql, [wake("after")]);
    await vi.waitFor(() => expect(here.heard).toEqual([wake("told"), wake("after")]));
  });

  test("stays here while there is nobody else, and reaches whoever has just come", async () => {
    const here = await open("p1", { hasPeers: () => false });
    const strangerHeard: string[] = [];
    const listening = await rows.database.sql.listen(BUS_CHANNEL, (text) =>
      strangerHeard.push(text),
    );
    here.bus.tell(wake("alone"));
    await sendNews(rows.database.sql, [wake("marker")]);
    await vi.waitFor(() => expect(strangerHeard.join()).toContain("marker"));
    expect(strangerHeard.join()).not.toContain("alone");
    await listening.unlisten();

    const there = await open("p2", { hasPeers: () => false });
    await sendNews(rows.database.sql, [wake("greeted")]);
    await vi.waitFor(() => expect(here.heard).toContainEqual(wake("greeted")));
    here.bus.tell(wake("welcome"));
    await vi.waitFor(() => expect(there.heard).toContainEqual(wake("welcome")));
  });
});

describe("volatile events", () => {
  test("are heard here at once, there soon, and by their sender once", async () => {
    const [here, there] = [await open("p1"), await open("p2")];
    here.bus.publishVolatile("ses", makeDelta(0, "text"));
    expect(here.volatile()).toEqual([makeDelta(0, "text")]);
    await vi.waitFor(() => expect(there.volatile()).toEqual([makeDelta(0, "text")]));
    await sendNews(rows.database.sql, [wake("after")]);
    await vi.waitFor(() => expect(here.heard).toHaveLength(2));
  });

  test("of every kind are heard by others", async () => {
    const [here, there] = [await open("p1"), await open("p2")];
    const step = { id: "clone", status: "running" } as unknown as StepState;
    const counts = { stored: 1, stale: 0, skipped: 0 } as UploadCounts;
    const events: VolatileEvent[] = [
      makeDelta(0, "text"),
      { type: "preparing", generation: 1, attempt: 1, revision: 1, step },
      {
        type: "progress",
        generation: 1,
        uploadId: "up",
        attempt: 1,
        counts,
        bytes: 1,
        bytesPerSecond: 1,
      },
    ];
    for (const event of events) here.bus.publishVolatile("ses", event);
    await vi.waitFor(() => expect(there.volatile()).toEqual(events));
  });

  test("stay in the process while it is alone", async () => {
    // The other one came before, so its hello was for others.
    const [there, here] = [await open("p2"), await open("p1", { hasPeers: () => false })];
    here.bus.publishVolatile("ses", makeDelta(0, "text"));
    await sendNews(rows.database.sql, [wake("after")]);
    await vi.waitFor(() => expect(there.heard).toEqual([wake("after")]));
    expect(here.volatile()).toHaveLength(1);
  });

  test("leave at most ten times a second, and lose no text on the way", async () => {
    const [here, there] = [await open("p1"), await open("p2")];
    const text = Array.from({ length: 300 }, (_, index) => `${index} `).join("");
    const startedAt = performance.now();
    for (let offset = 0; offset < text.length; offset += 5) {
      here.bus.publishVolatile("ses", makeDelta(offset, text.slice(offset, offset + 5)));
      if (offset % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const arrived = () =>
      there
        .volatile()
        .map((event) => (event.type === "delta" ? event.text : ""))
        .join("");
    await vi.waitFor(() => expect(arrived()).toBe(text));
    const seconds = (performance.now() - startedAt) / 1_000;
    expect(there.heard.length).toBeLessThanOrEqual(Math.ceil(seconds * 10) + 1);
  });

  test("are cut to fit, and the rest of a flood is dropped and counted", async () => {
    const [here, there] = [await open("p1"), await open("p2")];
    here.bus.publishVolatile("ses", makeDelta(0, "x".repeat(10_000)));
    await vi.waitFor(
      () =>
        expect(
          there
            .volatile()
            .reduce(
              (length, event) => length + (event.type === "delta" ? event.text.length : 0),
              0,
            ),
        ).toBe(10_000),
      { timeout: 3_000 },
    );
    here.bus.publishVolatile("ses", makeDelta(10_000, "x".repeat(200_000)));
    expect(here.bus.droppedVolatileCount()).toBeGreaterThan(0);
  });
});

describe("a lost connection", () => {
  test("is made again and said, since news was missed", async () => {
    const { bus, heard } = await open("p1");
    let reconnectCount = 0;
    bus.onReconnect(() => (reconnectCount += 1));
    const { sql } = rows.database;
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where query ilike 'listen%' and datname = current_database()`;
    await vi.waitFor(() => expect(reconnectCount).toBeGreaterThan(0), { timeout: 10_000 });
    await sendNews(sql, [wake("after")]);
    await vi.waitFor(() => expect(heard).toContainEqual(wake("after")));
  });

  test("is noticed when it died without closing", async () => {
    const proxy = await startProxy(rows.url);
    const { bus, heard } = await open("p1", {
      databaseUrl: proxy.url,
      beatIntervalMs: 50,
      beatTimeoutMs: 300,
    });
    let reconnectCount = 0;
    bus.onReconnect(() => (reconnectCount += 1));
    proxy.freeze();
    await vi.waitFor(() => expect(reconnectCount).toBe(1), { timeout: 10_000 });
    await sendNews(rows.database.sql, [wake("after")]);
    await vi.waitFor(() => expect(heard).toEqual([wake("after")]));
  });
});

describe("a lost database", () => {
  /** A bus all of whose connections go through a proxy. */
  async function openThrough(url: string) {
    const database = openDatabase(url, { maxConnections: 2 });
    cleanUps.push(() => database.close());
    const beats = { beatIntervalMs: 50, beatTimeoutMs: 300 };
    const { bus, heard } = await open("p1", { database, databaseUrl: url, ...beats });
    const said: string[] = [];
    bus.onLost(() => said.push("lost"));
    bus.onReconnect(() => said.push("back"));
    return { said, heard };
  }

  test("is said once, and so is its return", async () => {
    const proxy = await openCuttableProxy(rows.url);
    cleanUps.push(() => proxy.close());
    const { said, heard } = await openThrough(proxy.url);
    await proxy.cut();
    await vi.waitFor(() => expect(said).toEqual(["lost"]), { timeout: 5_000 });
    await proxy.mend();
    await vi.waitFor(() => expect(said.slice(0, 2)).toEqual(["lost", "back"]), { timeout: 5_000 });
    await sendNews(rows.database.sql, [wake("after")]);
    await vi.waitFor(() => expect(heard).toContainEqual(wake("after")));
    expect(said.filter((word) => word === "lost")).toHaveLength(1);
  });

  test("is noticed when it falls silent without closing anything", async () => {
    const proxy = await startProxy(rows.url);
    const { said } = await openThrough(proxy.url);
    proxy.freeze({ swallowsNew: true });
    await vi.waitFor(() => expect(said).toEqual(["lost"]), { timeout: 5_000 });
  });
});

/** A way to the server whose connections can fall silent, as behind a firewall that forgot them. */
async function startProxy(url: string) {
  const { port, hostname } = new URL(url);
  const sockets: Socket[] = [];
  let swallows = false;
  const server = createServer((incoming) => {
    if (swallows) return void sockets.push(incoming);
    const outgoing = connect(Number(port), hostname);
    incoming.pipe(outgoing).pipe(incoming);
    for (const socket of [incoming, outgoing]) socket.on("error", () => {});
    sockets.push(incoming, outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const target = new URL(url);
  target.port = String((server.address() as { port: number }).port);
  target.hostname = "127.0.0.1";
  const freeze = ({ swallowsNew = false } = {}) => {
    swallows = swallowsNew;
    for (const socket of sockets) socket.unpipe().pause();
  };
  return { url: target.href, freeze };
}
