import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import type { LiveEvent, Topic } from "#lib/live-protocol.ts";
import { createLiveClient } from "#components/live/live-client.ts";
import { openDatabase } from "#server/database/database.ts";
import { openCuttableProxy } from "#server/database/testing/cuttable-proxy.ts";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import { log } from "#server/log.ts";
import { openBus } from "./bus.ts";
import { createLiveHub } from "./hub.ts";
import { ORIGIN, startLiveServer } from "./testing/live-server.ts";
import { makeDelta } from "./testing/memory-session.ts";
import { createRowReaders, insertSession, tablesWithText, writePart } from "./testing/rows.ts";

let rows: TestDatabase;
beforeAll(async () => {
  rows = await createTestDatabase();
});
afterAll(() => rows.drop());

interface ProcessOptions extends Pick<TestDatabase, "database" | "url"> {
  blocksSockets?: () => boolean;
}

/** A server process with its own bus and hub, and a page on it. */
async function startProcess(
  processId: string,
  topic: Topic,
  { database, url, blocksSockets }: ProcessOptions = rows,
) {
  const bus = await openBus({
    databaseUrl: url,
    database,
    processId,
    log,
    hasPeers: () => true,
    beatIntervalMs: 100,
  });
  const hub = createLiveHub({ ...createRowReaders(database), bus, log });
  const server = await startLiveServer({ hub, blocksSockets });
  const client = createLiveClient({
    url: server.url,
    createSocket: (address, protocols) => new WebSocket(address, protocols, { origin: ORIGIN }),
  });
  const events: LiveEvent[] = [];
  client.subscribe(topic, {
    cursor: null,
    onEvents: (news) => events.push(...news),
    onError: (error) => expect.fail(error.message),
  });
  const connection = () => client.connection.get();
  const stop = async () => {
    client.close();
    await server.stop();
    await bus.close();
  };
  return { bus, server, events, connection, stop };
}

test("pages on two processes see every write once, through cuts, and no table sees what is volatile", async () => {
  const sessionId = await insertSession(rows.database);
  const processes = [
    await startProcess("p1", `session:${sessionId}`),
    await startProcess("p2", `session:${sessionId}`),
  ];
  const seqs = ({ events }: (typeof processes)[number]) =>
    events.flatMap((event) => (event.type === "item" ? event.seq : []));

  let lastSeq = 0;
  for (let round = 0; round < 60; round += 1) {
    const writes = [0, 1, 2].map((part) => writePart(rows.database, sessionId, `part-${part}`));
    processes[round % 2]?.bus.publishVolatile(sessionId, makeDelta(round, "said-in-passing"));
    if (round % 20 === 10) processes[(round / 10) % 2]?.server.sockets.cutAllSockets();
    lastSeq = Math.max(lastSeq, ...(await Promise.all(writes)));
  }

  for (const process of processes) {
    await vi.waitFor(
      () => {
        expect(process.connection().status).toBe("live");
        expect(seqs(process).at(-1)).toBe(lastSeq);
      },
      { timeout: 10_000 },
    );
    const positions = seqs(process);
    expect(positions).toEqual([...new Set(positions)].toSorted((a, b) => a - b));
    const latest = new Map(
      process.events.flatMap((event) =>
        event.type === "item" ? [[event.item.partId, event.seq]] : [],
      ),
    );
    const stored = await rows.database.sql<{ partId: string; seq: number }[]>`
      select part_id as "partId", seq::float8 as seq from items where session_id = ${sessionId}`;
    expect(latest).toEqual(new Map(stored.map(({ partId, seq }) => [partId, seq])));
    expect(process.events.some(({ type }) => type === "delta")).toBe(true);
  }
  expect(await tablesWithText(rows.database, "said-in-passing")).toEqual([]);
  expect(await tablesWithText(rows.database, "part-1")).toEqual(["items"]);
  for (const { stop } of processes) await stop();
});

test.each([
  { transport: "socket", blocksSockets: false },
  { transport: "event-stream", blocksSockets: true },
])(
  "a page on $transport is offline while the database is away, and lacks nothing afterwards",
  async ({ transport, blocksSockets }) => {
    const sessionId = await insertSession(rows.database);
    const seqs = [await writePart(rows.database, sessionId, "before")];
    const proxy = await openCuttableProxy(rows.url);
    const database = openDatabase(proxy.url, { maxConnections: 4 });
    const { events, connection, stop } = await startProcess("p1", `session:${sessionId}`, {
      database,
      url: proxy.url,
      blocksSockets: () => blocksSockets,
    });
    const untilStatus = (status: string) =>
      vi.waitFor(() => expect(connection()).toMatchObject({ status, transport }), {
        timeout: 10_000,
      });
    await untilStatus("live");
    await proxy.cut();
    await untilStatus("offline");
    seqs.push(await writePart(rows.database, sessionId, "meanwhile"));
    await proxy.mend();
    await untilStatus("live");
    seqs.push(await writePart(rows.database, sessionId, "after"));
    const shown = () => events.flatMap((event) => (event.type === "item" ? [event.seq] : []));
    await vi.waitFor(() => expect(shown()).toEqual(seqs));
    await stop();
    await database.close();
    await proxy.close();
  },
  30_000,
);
