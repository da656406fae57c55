import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTestRepository } from "#server/workspaces/testing/test-repository.ts";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { initiateSession, retryPreparation, updateSession } from "../manage-session.ts";
import { interruptTurn } from "../prompt-queue.ts";
import { deleteSession, discardSession } from "../remove-session.ts";
import { obedient } from "../testing/test-server.ts";
import { useTestServer } from "../testing/use-test-server.ts";

const context = useTestServer();

const filesOf = (sessionId: string) => {
  const { dataDir } = context.server;
  return readdir(workspaceFolders({ dataDir, sessionId, generation: 1 }).repositoryPath);
};

test("a first turn that cannot be recorded fails, its agent ends, and what it made stays", async () => {
  const { server, repository } = context;
  const { sql } = server.services.database;
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@say hello\n@write made.txt\n@sleep 1500\n@say more\n@hang",
    environment: obedient,
  });
  await server.until(sessionId, ({ status }) => status === "working");
  await expect.poll(() => filesOf(sessionId)).toContain("made.txt");
  await sql`alter table messages rename to messages_away`;
  const failed = await server.until(sessionId, ({ status }) => status === "idle");
  expect(failed.prompts).toMatchObject([{ outcome: "failed" }]);
  await expect.poll(() => server.childProcessIds(sessionId)).toEqual([]);
  expect(await filesOf(sessionId)).toContain("made.txt");

  await sql`alter table messages_away rename to messages`;
  await server.send(sessionId, "@say again");
  await server.until(sessionId, ({ status, prompts }) => status === "idle" && prompts.length === 1);
  expect(await filesOf(sessionId)).toContain("made.txt");
});

test("a git host without an address fails the clone; it is not taken for a lost database", async () => {
  const { server } = context;
  await server.work();
  // Never resolves: RFC 6761, section 6.4.
  const sessionId = await server.start({ repository: "https://nope.invalid/owner/name" });
  const failed = await server.until(sessionId, ({ status }) => status === "failed");
  expect(failed.message).toBe("The repository's host name could not be resolved");
  expect(failed.preparation).toMatchObject({ status: "failed", attempt: 1 });
});

test("a lease that could not be given back holds up nobody", async () => {
  const { server, repository } = context;
  await server.work();
  const sessionId = await server.start({ repository });
  await server.until(sessionId, ({ status }) => status === "idle");
  await server.drain();
  const peer = await context.startPeer();
  await peer.services.database.sql`
    update leases set process_id = ${peer.services.processId}, expires_at = now() + interval '1 hour'`;
  await peer.work();
  await peer.send(sessionId, "go on");
  await peer.until(sessionId, ({ status, prompts }) => status === "idle" && prompts.length === 0);
  expect(await context.promptTexts(sessionId)).toEqual(["Look around", "go on"]);
});

test("a first prompt that was lost with its worker is sent again by Retry, once", async () => {
  const { server, repository } = context;
  const { sql } = server.services.database;
  const sessionId = await server.start({ repository });
  // As a process leaves it that is killed after it gave the prompt to the agent.
  await sql`update prompts set status = 'delivered', delivered_at = now()`;
  await sql`update preparations set status = 'running'`;
  await server.work();
  await server.until(sessionId, ({ status }) => status === "failed");
  expect(await context.promptTexts(sessionId)).toEqual([]);
  await retryPreparation(server.services, await context.access(sessionId));
  await server.until(sessionId, ({ status }) => status === "idle");
  expect(await context.promptTexts(sessionId)).toEqual(["Look around"]);
});

test("another branch, asked for when all is prepared, is the one that the agent gets", async () => {
  const { server } = context;
  await server.work();
  const origin = await createTestRepository(join(server.dataDir, "origin"));
  await origin.commit({ "main.txt": "main" });
  await origin.git("checkout", "-qb", "feature");
  await origin.commit({ "feature.txt": "feature" });
  await origin.git("checkout", "-q", "main");
  const sessionId = await server.start({ repository: origin.path, autoInitiate: false });
  await server.until(sessionId, ({ status }) => status === "prepared");
  expect(await filesOf(sessionId)).not.toContain("feature.txt");
  await updateSession(server.services, await context.access(sessionId), {
    sessionId,
    branch: "feature",
  });
  await server.until(
    sessionId,
    (state) => state.preparation?.attempt === 2 && state.status === "prepared",
  );
  await initiateSession(server.services, await context.access(sessionId));
  const ended = await server.until(sessionId, ({ status }) => status === "idle");
  expect(ended.baseBranch).toBe("feature");
  expect(await filesOf(sessionId)).toContain("feature.txt");
});

test("a plan that is changed while it is carried out is carried out anew", async () => {
  const { server, repository } = context;
  await server.work();
  const sessionId = await server.start({
    repository,
    setupCommands: ["sleep 1; touch first.txt"],
    autoInitiate: false,
  });
  await server.until(sessionId, (state) =>
    Boolean(state.preparation?.steps.some((s) => s.step === "setup" && s.status === "running")),
  );
  const setupCommands = ["touch second.txt"];
  await updateSession(server.services, await context.access(sessionId), {
    sessionId,
    setupCommands,
  });
  await initiateSession(server.services, await context.access(sessionId));
  await server.until(sessionId, ({ status }) => status === "idle");
  expect(await filesOf(sessionId)).toContain("second.txt");
  expect(await filesOf(sessionId)).not.toContain("first.txt");
  expect(await context.promptTexts(sessionId)).toEqual(["Look around"]);
});

test("Stop when nothing runs stops nothing later", async () => {
  const { server, repository } = context;
  await server.work();
  const sessionId = await server.start({ repository, autoInitiate: false });
  await server.until(sessionId, ({ status }) => status === "prepared");
  await interruptTurn(server.services, await context.access(sessionId));
  await initiateSession(server.services, await context.access(sessionId));
  const ended = await server.until(sessionId, ({ status }) => status === "idle");
  expect(ended.prompts).toEqual([]);
});

test("an item that is being written when its session is discarded keeps the session", async () => {
  const { server, repository } = context;
  const { sql } = server.services.database;
  const sessionId = await server.start({ repository });
  const access = await context.access(sessionId);
  let discarding: Promise<unknown> = Promise.resolve();
  await sql.begin(async (tx) => {
    await tx`select 1 from sessions where id = ${sessionId} for update`;
    discarding = discardSession(server.services, access).catch((error: unknown) => error);
    await expect
      .poll(() => sql`select 1 from pg_stat_activity where wait_event_type = 'Lock'`)
      .toHaveLength(1);
    await tx`
      insert into items (
        session_id, generation, type, first_seq, seq, version_received, version_index, body,
        byte_size, body_sha256
      ) values (${sessionId}, 1, 'session', 1, 1, 1, 0, '{}', 2, 'x')`;
  });
  expect(await discarding).toMatchObject({ code: "conflict" });
  expect(await sql`select 1 from items`).toHaveLength(1);
});

test("of a deleted session an id is left, no secret and no text", async () => {
  const { server, repository } = context;
  const sessionId = await server.start({
    repository,
    prompt: "Something private",
    environment: { API_KEY: "hunter2" },
    setupCommands: ["echo private"],
  });
  await deleteSession(server.services, await context.access(sessionId));
  const rows = await server.services.database.sql`
    select row_to_json(sessions)::text as text from sessions
    union all select row_to_json(prompts)::text from prompts
    union all select row_to_json(preparations)::text from preparations`;
  const text = JSON.stringify(rows);
  expect(text).toContain(sessionId);
  for (const secret of ["hunter2", "private", repository]) expect(text).not.toContain(secret);
});
