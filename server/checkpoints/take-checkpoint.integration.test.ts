import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { AppError } from "#lib/errors.ts";
import { findChanges } from "#server/changes/read-changes.ts";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import { takeLease } from "#server/sessions/lease.ts";
import { obedient } from "#server/sessions/testing/test-server.ts";
import { useTestServer } from "#server/sessions/testing/use-test-server.ts";
import { createTestRepository, testGit } from "#server/workspaces/testing/test-repository.ts";
import { makeWorkspaceFolders, workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { findCheckpoint } from "./find-checkpoint.ts";
import { takeCheckpoint } from "./take-checkpoint.ts";

vi.setConfig({ testTimeout: 120_000 });
const context = useTestServer({
  environment: { CHECKPOINT_MAX_BYTES: "1000", IDLE_TIMEOUT_MS: "1" },
});

test("a session that is too large to be kept stays with its host, and says why", async () => {
  const { server, repository } = context;
  const { sql } = server.services.database;
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@write by-agent.txt",
    environment: obedient,
  });
  const message =
    "The session's files take more than 0.001 MB, the most that is kept of one session";
  const read = () => sql`select state, message from checkpoints`;
  await vi.waitFor(async () => expect(await read()).toEqual([{ state: "failed", message }]), {
    timeout: 60_000,
  });
  expect(await findChanges(server.services, { sessionId, generation: 1 })).toMatchObject({
    fileCount: 1,
    keptMessage: message,
  });
  // Of the attempt nothing is kept but the patch, which is no part of it.
  const blobs = await sql`
    select name from blobs where purpose = 'checkpoint' and state = 'complete'`;
  expect(blobs).toEqual([{ name: "changes.patch" }]);
});

/** A session with a workspace and no worker, owned by the test. */
async function own() {
  const { services, dataDir, start } = context.server;
  const sessionId = await start({ repository: context.repository });
  const session = { sessionId, generation: 1 };
  const ownership = await takeLease(services.database, {
    ...services,
    ...session,
    leaseMs: 60_000,
  });
  if (!ownership) throw new Error("There is no lease");
  ownership.stopRenewal();
  const folders = workspaceFolders({ dataDir, ...session });
  await makeWorkspaceFolders(folders);
  await (await createTestRepository(folders.repositoryPath)).commit({ "a.txt": "a\n" });
  const { signal } = new AbortController();
  const shell = { sandbox: createProcessSandbox(), folders, signal, timeoutMs: 60_000 };
  return { session, options: { ownership, shell, baseCommit: null, maxBytes: 1e9 } };
}

const away = () => Promise.reject(new AppError("unavailable", "The store is away"));

test("a checkpoint stays whole when the one before it cannot be cleared away", async () => {
  const { services } = context.server;
  const { session, options } = await own();
  await takeCheckpoint(services, options);
  const blobs = { ...services.blobs, put: services.blobs.put.bind(services.blobs), delete: away };
  await takeCheckpoint({ ...services, blobs }, options);
  await expectWhole(session, 2);
});

test("a checkpoint stays whole when the answer to its commit is lost", async () => {
  const { services } = context.server;
  const { sql } = services.database;
  const { session, options } = await own();
  const begin = async (run: never) => {
    const result = await sql.begin(run);
    if (Array.isArray(result)) throw new Error("The connection is lost");
    return result;
  };
  const deaf = new Proxy(sql, {
    get: (target, name) => (name === "begin" ? begin : Reflect.get(target, name)),
  });
  const database = { ...services.database, sql: deaf };
  await expect(takeCheckpoint({ ...services, database }, options)).rejects.toThrow("lost");
  await expectWhole(session, 1);
});

test.each<[string, AbortController | null]>([
  ["that failed", null],
  ["that gave way to a prompt", new AbortController()],
])(
  "a checkpoint %s leaves no copies of files in Git LFS with the session (#7)",
  async (_, over) => {
    const { services } = context.server;
    const { options } = await own();
    const shell = { ...options.shell, ...(over && { signal: over.signal }) };
    const { repositoryPath, temporaryPath } = shell.folders;
    // What filters of Git LFS do with a file that has changed.
    const clean = 'd="$(git config lfs.storage)/objects"; mkdir -p "$d"; tee "$d/copy"';
    await testGit(repositoryPath)("config", "filter.copy.clean", clean);
    await writeFile(join(repositoryPath, ".gitattributes"), "*.bin filter=copy\n");
    await writeFile(join(repositoryPath, "flour.bin"), "flour");
    let kept: string[] = [];
    const put = async () => {
      kept = await readdir(temporaryPath);
      over?.abort(new Error("A prompt came, and the store is away"));
      return away();
    };
    const blobs = { ...services.blobs, put, delete: services.blobs.delete.bind(services.blobs) };
    await expect(takeCheckpoint({ ...services, blobs }, { ...options, shell })).rejects.toThrow(
      "store is away",
    );
    expect(kept).toContain("checkpoint-lfs");
    expect(await readdir(temporaryPath)).toEqual([]);
  },
);

async function expectWhole(session: { sessionId: string; generation: number }, sequence: number) {
  const { sql } = context.server.services.database;
  const found = await findCheckpoint(sql, session);
  expect(found).toMatchObject({ sequence });
  const states = await sql`
    select state from blobs where id = any(${found!.parts.map(({ blobId }) => blobId)}::uuid[])`;
  expect(states).toEqual([{ state: "complete" }, { state: "complete" }]);
}
