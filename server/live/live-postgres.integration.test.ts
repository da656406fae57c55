import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import type { LiveEvent, Topic } from "#lib/live-protocol.ts";
import { createLiveClient } from "#components/live/live-client.ts";
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

/** A server process with its own bus and hub, and a page on it. */
async function startProcess(processId: string, topic: Topic) {
  const { database, url } = rows;
  const bus = await openBus({ databaseUrl: url, database, processId, log, hasPeers: () => true });
  const hub = createLiveHub({ ...createRowReaders(database), bus, log });
  const server = await startLiveServer({ hub });
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
  const status = () => client.connection.get().status;
  const stop = async () => {
    client.close();
    await server.stop();
    await bus.close();
  };
  return { bus, server, events, status, stop };
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
        expect(process.status()).toBe("live");
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
