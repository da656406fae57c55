import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { SessionState } from "#lib/session-state.ts";
import { findCheckpoint } from "#server/checkpoints/find-checkpoint.ts";
import type { Sql } from "#server/database/database.ts";
import { sweepBlobs } from "#server/blobs/sweep-blobs.ts";
import { testGit } from "#server/workspaces/testing/test-repository.ts";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { retryPreparation } from "../manage-session.ts";
import { deleteSession } from "../remove-session.ts";
import { startOver } from "../start-over.ts";
import { obedient, startTestServer, type TestServer } from "../testing/test-server.ts";
import { useTestServer } from "../testing/use-test-server.ts";

// Two servers after one another, each with a clone, a setup and an agent.
vi.setConfig({ testTimeout: 120_000 });
/** A session that has nothing to do is kept at once. */
const environment = { IDLE_TIMEOUT_MS: "1" };
const context = useTestServer({ environment });
let otherDataDir: string;
const others: TestServer[] = [];

beforeEach(async () => {
  otherDataDir = await mkdtemp(join(tmpdir(), "millrace-other-host-"));
});
afterEach(async () => {
  for (const other of others.splice(0)) await other.close();
  await rm(otherDataDir, { recursive: true, force: true });
});

/** A worker of another machine: its own disk and host id, the same database and store. */
async function startOtherHost(): Promise<TestServer> {
  const { databaseUrl, dataDir } = context.server;
  await mkdir(join(dataDir, "blobs"), { recursive: true });
  await symlink(join(dataDir, "blobs"), join(otherDataDir, "blobs")).catch(() => {});
  const other = await startTestServer({
    environment,
    shared: { databaseUrl, dataDir: otherDataDir },
  });
  others.push(other);
  return other;
}

const folderOf = (server: TestServer, sessionId: string) =>
  workspaceFolders({ dataDir: server.dataDir, sessionId, generation: 1 });

const isIdle = ({ status, prompts }: SessionState) =>
  status === "idle" && prompts.every((prompt) => prompt.status === "settled");

/** A checkpoint holds all that the session has done. */
const untilKept = (sessionId: string) =>
  vi.waitFor(
    async () => {
      const { sql } = context.server.services.database;
      expect(await findCheckpoint(sql, { sessionId, generation: 1 })).not.toBeNull();
    },
    { timeout: 60_000, interval: 25 },
  );

/** A session that has worked, with changes of every age, whose first host has ended. */
async function leaveSession(): Promise<string> {
  const { server, repository } = context;
  const { dataDir } = server;
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@write by-agent.txt",
    environment: obedient,
    setupCommands: [
      "echo by setup > ../home/setup",
      // Not once more, when the session comes back.
      `mkdir ${dataDir}/worked 2>/dev/null || exit 0
      echo "in a commit" > committed.txt
      git add committed.txt
      git commit -qm "not pushed"
      echo "# Changed" > README.md
      echo "of the agent" > ../home/memory`,
    ],
  });
  await server.until(sessionId, isIdle);
  await untilKept(sessionId);
  await server.drain();
  // Its services are still open for this test; for all others the process has ended.
  const { database, processId } = server.services;
  await database.sql`delete from processes where id = ${processId}`;
  return sessionId;
}

const checkpointsOf = (sessionId: string) =>
  context.server.services.database.sql<{ sequence: number; state: string }[]>`
    select sequence, state from checkpoints where session_id = ${sessionId} order by sequence`;

const stepNames = ({ preparation }: SessionState) =>
  preparation?.steps.map(({ step, status }) => `${step} ${status}`);

test("a session goes on on another host with an empty disk: same id, same files, same agent's session", async () => {
  const sessionId = await leaveSession();
  expect(await checkpointsOf(sessionId)).toEqual([{ sequence: 1, state: "complete" }]);
  const { database } = context.server.services;
  const readAgentSession = () => database.sql`select agent_session_id from sessions`;
  const before = await readAgentSession();
  const other = await startOtherHost();
  await other.work();
  await other.send(sessionId, "@write second.txt");
  const state = await other.until(sessionId, isIdle);
  expect(stepNames(state)).toEqual([
    "disk_check done",
    "clone done",
    "branch done",
    "setup done",
    "restore done",
    "agent_start done",
    "prompt pending",
  ]);
  expect(await readAgentSession()).toEqual(before);
  const { repositoryPath, homePath } = folderOf(other, sessionId);
  const git = testGit(repositoryPath);
  expect(await git("log", "-1", "--format=%s")).toBe("not pushed");
  expect((await git("status", "--porcelain")).split("\n").toSorted()).toEqual([
    "?? by-agent.txt",
    "?? second.txt",
    "M README.md",
  ]);
  expect(await readFile(join(homePath, "memory"), "utf8")).toBe("of the agent\n");
  expect(await readFile(join(homePath, "setup"), "utf8")).toBe("by setup\n");
  await untilKept(sessionId);
  expect(await checkpointsOf(sessionId)).toEqual([{ sequence: 2, state: "complete" }]);
});

test.each<[string, (sql: Sql) => Promise<unknown>]>([
  [
    "work of a host that was killed in the middle of a turn",
    (sql) => sql`
      insert into executions (id, session_id, generation, process_id, agent_id)
      select 'exe_killed', id, generation, 'killed', 'millrace' from sessions`,
  ],
  [
    "a checkpoint whose last step was not taken",
    (sql) => sql`update checkpoints set state = 'writing'`,
  ],
])("%s keeps a session with its host", async (_, leave) => {
  const sessionId = await leaveSession();
  const { database, hostId } = context.server.services;
  await leave(database.sql);
  const other = await startOtherHost();
  await other.work();
  await other.send(sessionId, "where are you?");
  const [job] = await database.sql<{ name: string }[]>`
    select name from pgboss.job where state = 'created' and data ->> 'sessionId' = ${sessionId}`;
  expect(job?.name).toBe(`run-session-${hostId}`);
  expect(await other.workspaceNames()).toEqual([]);
});

test("bytes that the store has lost are told, tried again, and gone on without", async () => {
  const sessionId = await leaveSession();
  const blobs = join(context.server.dataDir, "blobs");
  const other = await startOtherHost();
  await rename(blobs, `${blobs}-away`);
  await mkdir(blobs);
  await other.work();
  await other.send(sessionId, "@write second.txt");
  const lost = await other.until(sessionId, ({ status }) => status === "failed");
  expect(lost.message).toBe("What was kept of this session's files is not in the store");
  expect(stepNames(lost)).toContain("restore failed");
  expect(await other.workspaceNames()).toEqual([]);

  await rm(blobs, { recursive: true });
  await rename(`${blobs}-away`, blobs);
  await retryPreparation(other.services, await context.access(sessionId));
  await other.until(sessionId, isIdle);
  const git = testGit(folderOf(other, sessionId).repositoryPath);
  expect(await git("log", "-1", "--format=%s")).toBe("not pushed");
});

test("without its files a session goes on from the repository, with what was said", async () => {
  const sessionId = await leaveSession();
  const { sql } = context.server.services.database;
  const other = await startOtherHost();
  await rm(join(context.server.dataDir, "blobs"), { recursive: true });
  await mkdir(join(context.server.dataDir, "blobs"));
  await other.work();
  await other.send(sessionId, "@write second.txt");
  await other.until(sessionId, ({ status }) => status === "failed");
  await startOver(other.services, await context.access(sessionId));
  await other.until(sessionId, isIdle);
  const git = testGit(folderOf(other, sessionId).repositoryPath);
  expect(await git("status", "--porcelain")).toBe("?? second.txt");
  expect(await context.promptTexts(sessionId)).toHaveLength(2);
  expect(await sql`select 1 from checkpoints`).toEqual([]);
});

test("a session whose first commit the repository has lost may give its files up, too", async () => {
  const sessionId = await leaveSession();
  const { sql } = context.server.services.database;
  await sql`update checkpoints set base_commit = repeat('1', 40)`;
  const other = await startOtherHost();
  await other.work();
  await other.send(sessionId, "@write second.txt");
  const lost = await other.until(sessionId, ({ status }) => status === "failed");
  expect(lost.message).toBe("The repository no longer has the commit that this session began from");
  expect(stepNames(lost)).toContain("restore failed");
  await startOver(other.services, await context.access(sessionId));
  await other.until(sessionId, isIdle);
});

test("what a killed worker had restored by half is restored again", async () => {
  const sessionId = await leaveSession();
  const { sql } = context.server.services.database;
  const other = await startOtherHost();
  const { basePath, repositoryPath } = folderOf(other, sessionId);
  await mkdir(repositoryPath, { recursive: true });
  await writeFile(join(repositoryPath, "half"), "restored");
  await sql`
    update workspaces
    set host_id = ${other.services.hostId}, path = ${basePath}, state = 'preparing'`;
  await other.work();
  await other.send(sessionId, "Go on");
  await other.until(sessionId, isIdle);
  const git = testGit(repositoryPath);
  expect((await git("status", "--porcelain")).split("\n")).not.toContain("?? half");
  expect(await git("log", "-1", "--format=%s")).toBe("not pushed");
});

test("nothing of a checkpoint outlives its session", async () => {
  const sessionId = await leaveSession();
  const { services } = context.server;
  const { sql } = services.database;
  const names = await sql`select name from blobs where purpose = 'checkpoint' order by name`;
  expect(names.map(({ name }) => name)).toEqual(["bundle", "changes.patch", "home"]);
  const other = await startOtherHost();
  await deleteSession(other.services, await context.access(sessionId));
  expect(await sql`select 1 from checkpoints`).toEqual([]);
  await sweepBlobs(other.services);
  expect(await sql`select 1 from blobs where purpose = 'checkpoint'`).toEqual([]);
});
