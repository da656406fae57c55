import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { log as processLog } from "#server/log.ts";
import { openApplicationDatabase, type ApplicationDatabase } from "../open-application-database.ts";
import { isRunning } from "./process-state.ts";

const log = processLog.child({}, { level: "silent" });
const RECOVERY = { timeout: 10_000, interval: 20 };
let dataDir: string;
const opened: ApplicationDatabase[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "millrace-data-"));
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((application) => application.close()));
  await rm(dataDir, { recursive: true });
});

interface OpenOptions {
  onLost?: (error: Error) => void;
  signal?: AbortSignal;
}

async function open({ onLost = () => {}, signal }: OpenOptions = {}): Promise<ApplicationDatabase> {
  const application = await openApplicationDatabase({
    databaseUrl: null,
    dataDir,
    log,
    maxConnections: 2,
    onLost,
    signal,
  });
  opened.push(application);
  return application;
}

const clusterFile = (name: string) => join(dataDir, "postgres", "cluster", name);

async function readPid(): Promise<number> {
  return Number((await readFile(clusterFile("postmaster.pid"), "utf8")).split("\n")[0]);
}

async function killServer(): Promise<number> {
  const pid = await readPid();
  process.kill(pid, "SIGKILL");
  await vi.waitUntil(async () => !(await isRunning(pid)), RECOVERY);
  return pid;
}

const answers = ({ database }: ApplicationDatabase) =>
  database.sql`select 1`.then(
    () => true,
    () => false,
  );

test("a server that is killed runs again on the same port, and close leaves nothing", async () => {
  const application = await open();
  await application.database.sql`create table kept (note text)`;
  const killed = await killServer();
  await vi.waitUntil(() => answers(application), RECOVERY);
  expect(await application.database.sql`select * from kept`).toEqual([]);
  const pid = await readPid();
  expect(pid).not.toBe(killed);
  await application.close();
  opened.length = 0;
  expect(await isRunning(pid)).toBe(false);
});

test("of two that share the server one starts it again, and the first to close leaves it to the other", async () => {
  const [first, second] = await Promise.all([open(), open()]);
  await killServer();
  await vi.waitUntil(async () => (await answers(first)) && (await answers(second)), RECOVERY);
  const pid = await readPid();
  await first.close();
  expect(await answers(second)).toBe(true);
  await second.close();
  opened.length = 0;
  expect(await isRunning(pid)).toBe(false);
});

test("close in the moment of a start again leaves nothing", async () => {
  const application = await open();
  const killed = await killServer();
  await vi.waitUntil(async () => (await readPid().catch(() => killed)) !== killed, RECOVERY);
  const pid = await readPid();
  await application.close();
  opened.length = 0;
  expect(await isRunning(pid)).toBe(false);
});

test(
  "a server that cannot be started again is given up, with what it said",
  { timeout: 30_000 },
  async () => {
    const lost = createDeferred<Error>();
    await open({ onLost: lost.resolve });
    await appendFile(clusterFile("postgresql.conf"), "\nshared_buffers = nonsense\n");
    await killServer();
    const error = await lost.promise;
    expect(error.message).toBe(
      "The embedded PostgreSQL is gone and 5 starts did not bring it back",
    );
    expect(String(error.cause)).toMatch(/shared_buffers/);
  },
);

test("it stays dead when the process is ending", async () => {
  const ending = new AbortController();
  const application = await open({ signal: ending.signal });
  ending.abort();
  const killed = await killServer();
  await application.close();
  opened.length = 0;
  expect(await readPid()).toBe(killed);
});
