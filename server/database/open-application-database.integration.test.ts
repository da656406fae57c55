import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { log as processLog } from "#server/log.ts";
import { openApplicationDatabase } from "./open-application-database.ts";
import { openCuttableProxy } from "./testing/cuttable-proxy.ts";
import { createTestDatabase } from "./testing/test-database.ts";

const log = processLog.child({}, { level: "warn" });
let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "millrace-data-"));
});
afterEach(() => rm(dataDir, { recursive: true }));

test("without a URL an embedded server is started, migrated, and stopped by close", async () => {
  const first = await openApplicationDatabase({
    databaseUrl: null,
    dataDir,
    log,
    maxConnections: 4,
  });
  await first.database.sql`
    insert into processes (id, host_id, lock_key, roles) values ('kept', 'host', 1, 'web')`;
  await first.close();
  await expect(first.database.sql`select 1`).rejects.toThrow(/CONNECTION_ENDED/);

  const second = await openApplicationDatabase({
    databaseUrl: null,
    dataDir,
    log,
    maxConnections: 4,
  });
  expect(await second.database.sql`select id from processes`).toEqual([{ id: "kept" }]);
  await second.close();
});

test("two processes on one folder share the server; the first to close leaves it to the other", async () => {
  const open = () =>
    openApplicationDatabase({ databaseUrl: null, dataDir, log, maxConnections: 4 });
  const [first, second] = await Promise.all([open(), open()]);
  expect(first.url).toBe(second.url);
  await first.close();
  expect(await second.database.sql`select 1 as alive`).toEqual([{ alive: 1 }]);
  await second.close();
});

test("with a URL that server is used and left running", async () => {
  const copy = await createTestDatabase();
  await copy.database.sql`drop schema drizzle cascade`;
  await copy.database.sql`drop schema public cascade`;
  await copy.database.sql`create schema public`;
  const opened = await openApplicationDatabase({
    databaseUrl: copy.url,
    dataDir,
    log,
    maxConnections: 1,
  });
  expect(await opened.database.sql`select 1 from sessions`).toEqual([]);
  await opened.close();
  expect(await copy.database.sql`select 1 as alive`).toEqual([{ alive: 1 }]);
  await copy.drop();
});

test("a wrong password or database is told at once, without the password", async () => {
  const copy = await createTestDatabase();
  const url = new URL(copy.url);
  url.pathname = "/no_such_database";
  const opening = openApplicationDatabase({
    databaseUrl: url.href,
    dataDir,
    log,
    maxConnections: 1,
  });
  await expect(opening).rejects.toThrow(/DATABASE_URL.*no_such_database.*does not exist/);
  await expect(opening).rejects.not.toThrow(url.password);
  await copy.drop();
});

test("a server that speaks something else, or no TLS where it is asked for, is told at once", async () => {
  const copy = await createTestDatabase();
  const other = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  });
  await once(other.listen(0, "127.0.0.1"), "listening");
  const { port } = other.address() as AddressInfo;
  const open = (databaseUrl: string) =>
    openApplicationDatabase({ databaseUrl, dataDir, log, maxConnections: 1 });
  await expect(open(`postgres://nobody:secret@127.0.0.1:${port}/x`)).rejects.toThrow(
    `DATABASE_URL: the database at 127.0.0.1:${port} cannot be used: what answers there is not PostgreSQL`,
  );
  await expect(open(`${copy.url}?sslmode=require`)).rejects.toThrow(/DATABASE_URL.*TLS/);
  await new Promise((resolve) => other.close(resolve));
  await copy.drop();
});

test("a server that is away is waited for, which is said at once and without the password", async () => {
  const copy = await createTestDatabase();
  const proxy = await openCuttableProxy(copy.url);
  await proxy.cut();
  const lines: string[] = [];
  const told = createDeferred<void>();
  const opening = openApplicationDatabase({
    databaseUrl: proxy.url,
    dataDir,
    log: pino({}, { write: (line) => (lines.push(line), told.resolve()) }),
    maxConnections: 1,
  });
  await told.promise;
  await proxy.mend();
  await (await opening).close();
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(`"server":"${new URL(proxy.url).host}"`);
  expect(lines[0]).toMatch(/"until":"\d{4}-.*waiting for the database/);
  expect(lines[0]).not.toContain("@");
  await proxy.close();
  await copy.drop();
});

test("a server that does not answer in time is told so", async () => {
  const closed = createServer();
  await once(closed.listen(0, "127.0.0.1"), "listening");
  const address = closed.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  await new Promise((resolve) => closed.close(resolve));
  const opening = openApplicationDatabase({
    databaseUrl: `postgres://nobody:secret@127.0.0.1:${address.port}/x`,
    dataDir,
    log,
    maxConnections: 1,
    answerTimeoutMs: 600,
  });
  await expect(opening).rejects.toThrow(/DATABASE_URL.*ECONNREFUSED/);
});
