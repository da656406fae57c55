import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDatabase, type Database, type TransactionSql } from "./database.ts";
import { createTestDatabase, type TestDatabase } from "./testing/test-database.ts";

// postgres.js ends the process in each of these cases (porsager/postgres, issue 1208); vitest reports it as an
// uncaught exception.

let copy: TestDatabase;
let database: Database;
let relay: Server;
const sockets = new Set<Socket>();

beforeEach(async () => {
  copy = await createTestDatabase();
  const target = new URL(copy.url);
  const serverPort = Number(target.port);
  relay = createServer((socket) => {
    const upstream = connect(serverPort, target.hostname);
    for (const [from, to] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(from);
      from.on("close", () => sockets.delete(from));
      from.on("error", () => to.destroy());
      from.pipe(to);
    }
  });
  await once(relay.listen(0, "127.0.0.1"), "listening");
  const address = relay.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  target.port = String(address.port);
  database = openDatabase(target.href, { maxConnections: 2 });
});

afterEach(async () => {
  // After a lost connection the driver waits for it until its time is up.
  await database.sql.end({ timeout: 0 });
  relay.close();
  await copy.drop();
});

/** Cuts all connections and waits until the driver has seen it. */
async function cut(): Promise<void> {
  const closed = [...sockets].map((socket) => once(socket, "close"));
  for (const socket of sockets) socket.destroy();
  await Promise.all(closed);
}

const begin = (work: (tx: TransactionSql) => Promise<unknown>) => database.sql.begin(work);
const lost = { code: expect.stringMatching(/CONNECTION_CLOSED|ECONNRESET|57P01/) as string };

async function expectWorking(): Promise<void> {
  const rows = await begin(async (tx) => [
    ...(await tx`select 1 as number`),
    ...(await tx.savepoint((inner) => inner`select 2 as number`)),
  ]);
  expect(rows).toEqual([{ number: 1 }, { number: 2 }]);
}

test("a transaction whose connection is cut during a query rejects, and the next one works", async () => {
  const running = begin(async (tx) => {
    const sleeping = tx`select pg_sleep(60)`.execute();
    await cut();
    await sleeping;
  });
  await expect(running).rejects.toMatchObject(lost);
  await expectWorking();
});

test("a query after the connection was cut is refused", async () => {
  let refused: unknown = null;
  const running = begin(async (tx) => {
    await tx`select 1`;
    await cut();
    refused = await tx`select 2`.then(
      () => null,
      (error: unknown) => error,
    );
    throw refused;
  });
  await expect(running).rejects.toMatchObject(lost);
  await expect.poll(() => refused).toBeInstanceOf(Error);
  await expectWorking();
});

test("a callback that fails after the connection was cut causes no rollback", async () => {
  const running = begin(async (tx) => {
    await tx`select 1`;
    await cut();
    throw new Error("something else");
  });
  await expect(running).rejects.toMatchObject(lost);
  await expectWorking();
});

test("a callback that does not mind the lost query is not committed", async () => {
  const running = begin(async (tx) => {
    await tx`insert into processes (id, host_id, lock_key, roles) values ('lost', 'host', 1, '')`;
    const sleeping = tx`select pg_sleep(60)`.execute();
    await cut();
    await sleeping.catch(() => {});
    await tx`select 2`.catch(() => {});
  });
  await expect(running).rejects.toMatchObject(lost);
  expect(await copy.database.sql`select 1 from processes`).toEqual([]);
  await expectWorking();
});

test("a savepoint whose connection is cut is not rolled back to", async () => {
  const running = begin((tx) =>
    tx.savepoint(async (inner) => {
      const sleeping = inner`select pg_sleep(60)`.execute();
      await cut();
      await sleeping;
    }),
  );
  await expect(running).rejects.toMatchObject(lost);
  await expectWorking();
});

test("an error of the callback and one of a query are told as they are, with a rollback", async () => {
  const own = begin(async (tx) => {
    await tx`insert into processes (id, host_id, lock_key, roles) values ('own', 'host', 1, '')`;
    throw new Error("own");
  });
  await expect(own).rejects.toThrow("own");
  await expect(begin((tx) => tx`select no_such_column`)).rejects.toMatchObject({ code: "42703" });
  expect(await copy.database.sql`select 1 from processes`).toEqual([]);
});

test("drizzle's transactions are guarded as well", async () => {
  const running = database.db.transaction(async (tx) => {
    await tx.execute("select 1");
    await cut();
    await tx.execute("select 2");
  });
  await expect(running).rejects.toMatchObject(lost);
  await expectWorking();
});
