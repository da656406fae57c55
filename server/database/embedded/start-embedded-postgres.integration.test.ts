import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { log as processLog } from "#server/log.ts";
import { startChild, type TestChild } from "../testing/children.ts";
import { isRunning } from "./process-state.ts";
import { chooseServerIdentity } from "./server-identity.ts";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "./start-embedded-postgres.ts";

const log = processLog.child({}, { level: "warn" });

/** mkdtemp makes folders of mode 0700: when the tests run as root, the server's user cannot enter this one. */
let parent: string;
let dataDir: string;
const servers: EmbeddedPostgres[] = [];
const children: TestChild<unknown>[] = [];
const bystanders: ChildProcess[] = [];

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "millrace-embedded-"));
  dataDir = join(parent, "postgres");
});

afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.end()));
  for (const server of servers.splice(0)) await server.stop();
  for (const bystander of bystanders.splice(0)) bystander.kill("SIGKILL");
  await rm(parent, { recursive: true });
});

async function start(): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, log });
  servers.push(server);
  return server;
}

type Started = Pick<EmbeddedPostgres, "url" | "pid" | "adopted">;

async function startInChild(): Promise<TestChild<Started>> {
  const child = await startChild<Started>({ file: "embedded-postgres-child.ts", args: [dataDir] });
  children.push(child);
  return child;
}

async function query<Row extends object>(url: string, text: string): Promise<Row[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return (await sql.unsafe<Row[]>(text)) as Row[];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

const addNote = (url: string, text: string) =>
  query(url, `create table if not exists notes (text text); insert into notes values ('${text}')`);
const readNotes = async (url: string) =>
  (await query<{ text: string }>(url, "select text from notes order by text")).map(
    ({ text }) => text,
  );

async function killServer(pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  await vi.waitUntil(async () => !(await isRunning(pid)), { timeout: 5_000, interval: 5 });
}

const pidFile = () => join(dataDir, "cluster", "postmaster.pid");

test("starts on an empty folder, asks for its password, is durable and to be reached from this machine only", async () => {
  const server = await start();
  expect(server.adopted).toBe(false);
  const [row] = await query<Record<string, string>>(
    server.url,
    `select current_setting('fsync') as fsync, current_setting('listen_addresses') as addresses,
      current_setting('unix_socket_directories') as sockets, upper('é') as upper, current_setting('timezone') as zone`,
  );
  expect(row).toEqual({
    fsync: "on",
    addresses: "127.0.0.1",
    sockets: "",
    upper: "É",
    zone: "UTC",
  });

  const wrong = new URL(server.url);
  wrong.password = "wrong";
  await expect(query(wrong.href, "select 1")).rejects.toThrow(/password authentication failed/);
  expect((await stat(join(dataDir, "cluster", "millrace-password"))).mode & 0o777).toBe(0o600);
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
});

test("stops without leaving a process and finds its rows at the next start", async () => {
  const first = await start();
  await addNote(first.url, "kept");
  await first.stop();
  servers.length = 0;
  expect(await isRunning(first.pid)).toBe(false);
  const second = await start();
  expect(second.adopted).toBe(false);
  expect(await readNotes(second.url)).toEqual(["kept"]);
});

test("adopts the server that a killed process left behind, and stops it", async () => {
  const child = await startInChild();
  await child.kill();
  const server = await start();
  expect(server).toMatchObject({ adopted: true, pid: child.answer.pid, url: child.answer.url });
  await server.stop();
  servers.length = 0;
  expect(await isRunning(server.pid)).toBe(false);
});

test("recovers after kill -9 of the server, while one of its processes is still busy", async () => {
  const first = await start();
  await addNote(first.url, "kept");
  const busy = postgres(first.url, { max: 1 });
  const counting = busy`select count(*) from generate_series(1, 20000000)`.catch(() => "lost");
  await vi.waitUntil(
    async () =>
      (
        await query(
          first.url,
          "select 1 from pg_stat_activity where query like '%generate_series%' and state = 'active' and pid <> pg_backend_pid()",
        )
      ).length === 1,
    { timeout: 5_000, interval: 10 },
  );
  await killServer(first.pid);
  const second = await start();
  expect(second.adopted).toBe(false);
  expect(await readNotes(second.url)).toEqual(["kept"]);
  await counting;
  await busy.end({ timeout: 1 });
});

test("a program that got the number of the dead server is neither adopted nor killed", async () => {
  const first = await start();
  await addNote(first.url, "kept");
  await killServer(first.pid);
  // Runs as the server's user, which is what makes PostgreSQL itself believe the file.
  const bystander = spawn("sleep", ["600"], { ...chooseServerIdentity(), stdio: "ignore" });
  bystanders.push(bystander);
  await once(bystander, "spawn");
  const content = await readFile(pidFile(), "utf8");
  await writeFile(pidFile(), content.replace(/^\d+/, String(bystander.pid)));

  const second = await start();
  expect(second.adopted).toBe(false);
  expect(await readNotes(second.url)).toEqual(["kept"]);
  await second.stop();
  servers.length = 0;
  expect(bystander.exitCode).toBeNull();
  expect(bystander.signalCode).toBeNull();
});

test("starts over the empty lock file of a machine that crashed", async () => {
  await (await start()).stop();
  servers.length = 0;
  await writeFile(pidFile(), "");
  await utimes(pidFile(), 1, 1);
  expect((await start()).adopted).toBe(false);
});

test("of four starts at once on an empty folder one starts and the others adopt; the last to end stops it", async () => {
  const started = await Promise.all(Array.from({ length: 4 }, startInChild));
  const answers = started.map((child) => child.answer);
  expect(answers.filter(({ adopted }) => !adopted)).toHaveLength(1);
  expect(new Set(answers.map(({ pid }) => pid)).size).toBe(1);
  expect(await readdir(dataDir)).toEqual(expect.arrayContaining(["cluster", "server.log"]));
  expect((await readdir(dataDir)).filter((name) => name.startsWith("unfinished"))).toEqual([]);

  const pid = answers[0]?.pid ?? 0;
  const starter = started.find((child) => !child.answer.adopted);
  const adopters = started.filter((child) => child !== starter);
  await starter?.end();
  expect(await isRunning(pid)).toBe(true);
  await Promise.all(adopters.map((child) => child.end()));
  expect(await isRunning(pid)).toBe(false);
});

test("a start in the moment of a stop gets a server that stays", async () => {
  await (await start()).stop();
  servers.length = 0;
  for (let round = 0; round < 8; round += 1) {
    const leaving = await startEmbeddedPostgres({ dataDir, log });
    const [coming] = await Promise.all([start(), leaving.stop()]);
    await addNote(coming.url, `round ${round}`);
    expect(await isRunning(coming.pid)).toBe(true);
    await coming.stop();
    servers.length = 0;
  }
});

test("stop is content with a server that was killed", async () => {
  const server = await start();
  await killServer(server.pid);
  await expect(server.stop()).resolves.toBeUndefined();
  servers.length = 0;
});

test("an open connection of another process of ours keeps the server up", async () => {
  const server = await start();
  const other = postgres(server.url, { max: 1, connection: { application_name: "millrace" } });
  await other`select 1`;
  await server.stop();
  servers.length = 0;
  expect(await isRunning(server.pid)).toBe(true);
  await other.end();
  await (await start()).stop();
  servers.length = 0;
  expect(await isRunning(server.pid)).toBe(false);
});

test("a start that was killed while it made the cluster leaves nothing in the way", async () => {
  const starting = startInChild().catch(() => null);
  await vi.waitUntil(async () => (await unfinished()).length > 0, { timeout: 20_000, interval: 2 });
  const maker = Number((await unfinished())[0]?.split(".")[1]);
  process.kill(maker, "SIGKILL");
  await starting;
  const server = await start();
  expect(server.adopted).toBe(false);
  expect(await unfinished()).toEqual([]);
});

const unfinished = async () =>
  (await readdir(dataDir).catch(() => [])).filter((name) => name.startsWith("unfinished"));

test("a cluster of another major version is refused with both versions named, and left as it is", async () => {
  await (await start()).stop();
  servers.length = 0;
  await writeFile(join(dataDir, "cluster", "PG_VERSION"), "15\n");
  await expect(start()).rejects.toThrow(/made by PostgreSQL 15, .* brings PostgreSQL 18/);
});

test("a start that fails says what the server said", async () => {
  await (await start()).stop();
  servers.length = 0;
  await writeFile(join(dataDir, "cluster", "postgresql.conf"), "shared_buffers = nonsense\n");
  await expect(start()).rejects.toThrow(/did not start .*server\.log[^]*shared_buffers/);
});

test("a lost password is named", async () => {
  await (await start()).stop();
  servers.length = 0;
  await rm(join(dataDir, "cluster", "millrace-password"));
  await expect(start()).rejects.toThrow(/password .* is missing: .*millrace-password/);
});

test.runIf(process.getuid?.() === 0)(
  "root gives files that were copied as root back to the server's user",
  async () => {
    const first = await start();
    await addNote(first.url, "kept");
    await first.stop();
    servers.length = 0;
    const copying = spawn("chown", ["-R", "root:root", dataDir]);
    await once(copying, "exit");
    await chmod(dataDir, 0o755);
    expect(await readNotes((await start()).url)).toEqual(["kept"]);
  },
);
