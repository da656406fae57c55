import { rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { splitPatch } from "#lib/changes/split-patch.ts";
import { obedient } from "#server/sessions/testing/test-server.ts";
import { useTestServer } from "#server/sessions/testing/use-test-server.ts";
import { testGit } from "#server/workspaces/testing/test-repository.ts";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { findChanges, openChanges } from "./read-changes.ts";

const context = useTestServer();

const readFiles = async (sessionId: string) => {
  const { services } = context.server;
  const { stream } = await openChanges(services, { sessionId, generation: 1 });
  const files = splitPatch(Buffer.concat(await stream.toArray()).toString("utf8"));
  return files.map(({ path, note, additions, deletions }) => [path, note, additions, deletions]);
};

test("after each turn everything that has changed since the branch began is one patch", async () => {
  const { server, repository } = context;
  const { services } = server;
  const session = { generation: 1 };
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@write by-agent.txt",
    environment: obedient,
  });
  const measured = async (fileCount: number, message: string | null = null) =>
    vi.waitFor(
      async () =>
        expect(await findChanges(services, { ...session, sessionId })).toMatchObject({
          fileCount,
          message,
        }),
      { timeout: 20_000, interval: 50 },
    );
  await measured(1);
  expect(await readFiles(sessionId)).toEqual([["by-agent.txt", "New file", 1, 0]]);

  const folders = workspaceFolders({ dataDir: server.dataDir, sessionId, generation: 1 });
  const git = testGit(folders.repositoryPath);
  await git("add", "by-agent.txt");
  await git("commit", "-qm", "not pushed");
  await rm(join(folders.repositoryPath, "README.md"));
  await writeFile(join(folders.repositoryPath, "binary"), Buffer.from([0, 1, 2]));
  await server.send(sessionId, "@say done");
  await measured(3);
  expect(await readFiles(sessionId)).toEqual([
    ["README.md", "Deleted", 0, 1],
    ["binary", "New file, binary", 0, 0],
    ["by-agent.txt", "New file", 1, 0],
  ]);
  // Of the first patch nothing is left.
  const blobs = await services.database.sql`
    select 1 from blobs where purpose = 'checkpoint' and state <> 'deleting'`;
  expect(blobs).toHaveLength(1);

  const large = join(folders.repositoryPath, "large");
  await writeFile(large, "");
  await truncate(large, 65 * 1024 ** 2);
  await server.send(sessionId, "@say done again");
  // The file, the one that was removed, and the binary one: what is committed is not counted.
  await measured(3, "The changes are too large to be shown");
  expect(await findChanges(services, { ...session, sessionId })).toMatchObject({
    hasPatch: false,
  });
  await rm(large);
});
