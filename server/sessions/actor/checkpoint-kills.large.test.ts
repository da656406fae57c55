import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { lockTableOf } from "#e2e/support/database-lock.ts";
import { createProgramGates, type ProgramGates } from "#e2e/support/program-gates.ts";
import { sweepBlobs } from "#server/blobs/sweep-blobs.ts";
import { testGit } from "#server/workspaces/testing/test-repository.ts";
import {
  foldersOn,
  isIdle,
  keepAtOnce,
  makeOtherDisk,
  startOtherHost,
  startWork,
  untilKept,
} from "../testing/cold-start.ts";
import { useTestServer } from "../testing/use-test-server.ts";
import { startWorkerProcess, type WorkerProcess } from "../testing/worker-process.ts";
import { keepWorkspaces } from "../workspace-keeper.ts";

/** Starts that take seconds, several times, on a machine that does other things too. */
const patience = { timeout: 120_000, interval: 50 };

/** Two machines with a disk each, and the server that people talk to, which runs no sessions. */
const context = useTestServer({ environment: { ROLE: "web" } });
const machines: Machine[] = [];

interface Machine {
  dataDir: string;
  gated: ProgramGates;
  running: WorkerProcess | null;
}

beforeEach(async () => {
  for (let count = 0; count < 2; count += 1) {
    const dataDir = await makeOtherDisk(context.server);
    machines.push({
      dataDir,
      gated: await createProgramGates(dataDir, ["git", "tar"]),
      running: null,
    });
  }
});
afterEach(async () => {
  for (const { dataDir, running } of machines.splice(0)) {
    await running?.kill9();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
});

function start(machine: Machine): void {
  machine.running = startWorkerProcess({
    databaseUrl: context.server.databaseUrl,
    dataDir: machine.dataDir,
    environment: { ...keepAtOnce, ...machine.gated.environment },
  });
}

/** Where a worker stands still. */
type Step = { word: string } | { table: string; afterWord: string };

/** Starts a worker, which gets as far as the step and is killed there, with what it has under way left to itself. */
async function killAt(machine: Machine, step: Step): Promise<void> {
  const { gates, takeReached } = machine.gated;
  const word = "word" in step ? step.word : step.afterWord;
  await gates.close(word);
  start(machine);
  const { running } = machine;
  await vi.waitFor(async () => {
    if (!(await takeReached(word))) throw new Error(`Not at ${word}:\n${running?.readLog()}`);
  }, patience);
  const letGo = "table" in step ? await standAtTable(step.table, () => gates.open(word)) : null;
  await running?.kill9();
  await letGo?.();
  await gates.open(word);
}

/** Writers of the table wait; resolves when one does. The result lets them go. */
async function standAtTable(table: string, go: () => Promise<void>): Promise<() => Promise<void>> {
  const letGo = await lockTableOf(context.server.databaseUrl, table);
  try {
    await go();
    await vi.waitFor(async () => {
      const { sql } = context.server.services.database;
      const waiting = await sql`
        select 1 from pg_locks join pg_class on pg_class.oid = relation
        where relname = ${table} and not granted`;
      if (waiting.length === 0) throw new Error(`Nobody writes to ${table}`);
    }, patience);
  } catch (error) {
    await letGo();
    throw error;
  }
  return letGo;
}

/** The session as its prompts left it, on this machine. */
async function expectIntact({ dataDir }: Machine, sessionId: string, names: string[]) {
  const { repositoryPath, homePath } = foldersOn({ dataDir }, sessionId);
  const git = testGit(repositoryPath);
  expect(await git("log", "-1", "--format=%s")).toBe("not pushed");
  const status = (await git("status", "--porcelain")).split("\n").toSorted();
  expect(status).toEqual([...names.map((name) => `?? ${name}`), "M README.md"]);
  expect(await readFile(join(homePath, "memory"), "utf8")).toBe("of the agent\n");
  expect(await readdir(foldersOn({ dataDir }, sessionId).temporaryPath)).toEqual([]);
}

/** No bytes without a row, no row without a use, once nobody can be writing any more. */
async function expectNoOrphanBlobs(): Promise<void> {
  const { services, dataDir } = context.server;
  const { sql } = services.database;
  await sql`update blobs set lease_until = now() - interval '1 hour'`;
  await sweepBlobs(services, { graceMs: 0 });
  const names = await sql<{ name: string }[]>`
    select name from blobs where purpose = 'checkpoint' order by name`;
  expect(names.map(({ name }) => name)).toEqual(["bundle", "changes.patch", "home"]);
  const segments = await sql<{ key: string }[]>`select key from blob_segments order by key`;
  const files = await readdir(join(dataDir, "blobs"), { recursive: true, withFileTypes: true });
  expect(files.filter((file) => file.isFile())).toHaveLength(segments.length);
}

/** What a machine that comes back has no more use for goes. */
async function expectCleared({ dataDir }: Machine): Promise<void> {
  const other = await startOtherHost(context.server, dataDir);
  try {
    await keepWorkspaces(other.services, new AbortController().signal);
    expect(await other.workspaceNames()).toEqual([]);
  } finally {
    await other.close();
  }
}

const untilIdle = (sessionId: string) =>
  vi.waitFor(() => context.server.until(sessionId, isIdle), patience);

const outcomes = () =>
  context.server.services.database.sql`select text, outcome from prompts order by created_at`;

test("a worker that is killed at any step of taking a checkpoint takes it when it comes back; nobody else begins without it", async () => {
  const { server, repository } = context;
  const [first, second] = machines as [Machine, Machine];
  const sessionId = await startWork(server, repository);
  await killAt(first, { word: "write-tree" });
  await killAt(first, { word: "create" });
  await secondWaits();
  await killAt(first, { word: "--create" });
  await secondWaits();
  await killAt(first, { table: "checkpoint_parts", afterWord: "--create" });
  start(first);
  await untilKept(server, sessionId);
  await first.running?.stop();
  await expectIntact(first, sessionId, ["by-agent.txt"]);

  start(second);
  await server.send(sessionId, "@write second.txt");
  await untilIdle(sessionId);
  await untilKept(server, sessionId);
  await second.running?.stop();
  await expectIntact(second, sessionId, ["by-agent.txt", "second.txt"]);
  expect(await outcomes()).toEqual([
    { text: "@write by-agent.txt", outcome: "completed" },
    { text: "@write second.txt", outcome: "completed" },
  ]);
  await expectNoOrphanBlobs();
  await expectCleared(first);

  /** It has the job, and gives it to the machine that has the files. */
  async function secondWaits() {
    start(second);
    await vi.waitFor(async () => {
      const jobs = await server.services.database.sql`
        select name from pgboss.job
        where state in ('created', 'retry') and data ->> 'sessionId' = ${sessionId}`;
      expect(jobs.map(({ name }) => String(name))).toEqual([
        expect.stringMatching(/^run-session-host_/),
      ]);
    }, patience);
    await second.running?.stop();
    expect(await readdir(join(second.dataDir, "workspaces")).catch(() => [])).toEqual([]);
  }
});

test("workers that are killed at any step of a restore, one after the other, leave the session whole for the next", async () => {
  const { server, repository } = context;
  const [first, second] = machines as [Machine, Machine];
  const sessionId = await startWork(server, repository);
  start(first);
  await untilKept(server, sessionId);
  await first.running?.stop();

  await server.send(sessionId, "@write second.txt");
  // The host that has the folder comes first: it must be given up.
  await server.services.database.sql`update workspaces set state = 'preparing'`;
  await killAt(second, { word: "unbundle" });
  await killAt(second, { word: "--no-deref" });
  await killAt(first, { word: "read-tree" });
  await killAt(second, { word: "--extract" });
  await killAt(first, { table: "workspaces", afterWord: "--extract" });
  start(second);
  await untilIdle(sessionId);
  await untilKept(server, sessionId);
  await second.running?.stop();
  await expectIntact(second, sessionId, ["by-agent.txt", "second.txt"]);
  expect(await outcomes()).toEqual([
    { text: "@write by-agent.txt", outcome: "completed" },
    { text: "@write second.txt", outcome: "completed" },
  ]);
  await expectNoOrphanBlobs();
  await expectCleared(first);
});
