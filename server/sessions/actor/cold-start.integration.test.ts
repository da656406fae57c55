import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { SessionState } from "#lib/session-state.ts";
import type { Sql } from "#server/database/database.ts";
import { sweepBlobs } from "#server/blobs/sweep-blobs.ts";
import { testGit } from "#server/workspaces/testing/test-repository.ts";
import { retryPreparation } from "../manage-session.ts";
import { deleteSession } from "../remove-session.ts";
import { startOver } from "../start-over.ts";
import {
  foldersOn,
  isIdle,
  keepAtOnce,
  makeOtherDisk,
  startOtherHost,
  startWork,
  untilKept,
} from "../testing/cold-start.ts";
import type { TestServer } from "../testing/test-server.ts";
import { useTestServer } from "../testing/use-test-server.ts";

// Two servers after one another, each with a clone, a setup and an agent.
vi.setConfig({ testTimeout: 120_000 });
const context = useTestServer({ environment: keepAtOnce });
let otherDataDir: string;
const others: TestServer[] = [];

beforeEach(async () => {
  otherDataDir = await makeOtherDisk(context.server);
});
afterEach(async () => {
  for (const other of others.splice(0)) await other.close();
  await rm(otherDataDir, { recursive: true, force: true });
});

async function startOther(): Promise<TestServer> {
  const other = await startOtherHost(context.server, otherDataDir);
  others.push(other);
  return other;
}

/** A session that has worked, with changes of every age, whose first host has ended. */
async function leaveSession(): Promise<string> {
  const { server, repository } = context;
  await server.work();
  const sessionId = await startWork(server, repository);
  await server.until(sessionId, isIdle);
  await untilKept(context.server, sessionId);
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
  const other = await startOther();
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
  const { repositoryPath, homePath } = foldersOn(other, sessionId);
  const git = testGit(repositoryPath);
  expect(await git("log", "-1", "--format=%s")).toBe("not pushed");
  expect((await git("status", "--porcelain")).split("\n").toSorted()).toEqual([
    "?? by-agent.txt",
    "?? second.txt",
    "M README.md",
  ]);
  expect(await readFile(join(homePath, "memory"), "utf8")).toBe("of the agent\n");
  expect(await readFile(join(homePath, "setup"), "utf8")).toBe("by setup\n");
  await untilKept(context.server, sessionId);
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
  const other = await startOther();
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
  const other = await startOther();
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
  const git = testGit(foldersOn(other, sessionId).repositoryPath);
  expect(await git("log", "-1", "--format=%s")).toBe("not pushed");
});

test("without its files a session goes on from the repository, with what was said", async () => {
  const sessionId = await leaveSession();
  const { sql } = context.server.services.database;
  const other = await startOther();
  await rm(join(context.server.dataDir, "blobs"), { recursive: true });
  await mkdir(join(context.server.dataDir, "blobs"));
  await other.work();
  await other.send(sessionId, "@write second.txt");
  await other.until(sessionId, ({ status }) => status === "failed");
  await startOver(other.services, await context.access(sessionId));
  await other.until(sessionId, isIdle);
  const git = testGit(foldersOn(other, sessionId).repositoryPath);
  expect(await git("status", "--porcelain")).toBe("?? second.txt");
  expect(await context.promptTexts(sessionId)).toHaveLength(2);
  expect(await sql`select 1 from checkpoints`).toEqual([]);
});

test("a session whose first commit the repository has lost may give its files up, too", async () => {
  const sessionId = await leaveSession();
  const { sql } = context.server.services.database;
  await sql`update checkpoints set base_commit = repeat('1', 40)`;
  const other = await startOther();
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
  const other = await startOther();
  const { basePath, repositoryPath } = foldersOn(other, sessionId);
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
  const other = await startOther();
  await deleteSession(other.services, await context.access(sessionId));
  expect(await sql`select 1 from checkpoints`).toEqual([]);
  await sweepBlobs(other.services);
  expect(await sql`select 1 from blobs where purpose = 'checkpoint'`).toEqual([]);
});
