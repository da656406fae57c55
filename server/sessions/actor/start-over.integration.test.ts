import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, test, vi } from "vitest";
import { writeBlob } from "#server/blobs/write-blob.ts";
import { findChanges, openChanges } from "#server/changes/read-changes.ts";
import { testGit } from "#server/workspaces/testing/test-repository.ts";
import { startOver } from "../start-over.ts";
import { foldersOn, isIdle, startWork } from "../testing/cold-start.ts";
import { useTestServer } from "../testing/use-test-server.ts";

// Two processes after one another, each with an agent.
vi.setConfig({ testTimeout: 60_000 });
const context = useTestServer();

const newFile = (path: string, text: string, mode = "100644") => `diff --git a/${path} b/${path}
new file mode ${mode}
--- /dev/null
+++ b/${path}
@@ -0,0 +1 @@
+${text}
`;

/** What an agent could have made of the patch. */
async function addToPatch(sessionId: string, more: string): Promise<void> {
  const { services } = context.server;
  const session = { sessionId, generation: 1 };
  const { stream } = await openChanges(services, session);
  const source = Readable.from([...(await stream.toArray()), Buffer.from(more)]);
  const { blobId } = await writeBlob(services, {
    ...session,
    purpose: "checkpoint",
    mime: "text/x-diff",
    source,
  });
  await services.database.sql`update workspace_changes set blob_id = ${blobId}`;
}

test("a session that gives its files up gets what it had changed, where the repository is as it was", async () => {
  const { server, repository } = context;
  await server.work();
  const sessionId = await startWork(server, repository);
  await server.until(sessionId, isIdle);
  const measured = async () =>
    (await findChanges(server.services, { sessionId, generation: 1 }))?.fileCount;
  await expect.poll(measured, { timeout: 30_000 }).toBe(3);
  const outside = ["../outside.txt", "link/outside.txt", ".git/hooks/outside"];
  const link = `${newFile("link", "..", "120000")}\\ No newline at end of file\n`;
  await addToPatch(sessionId, link + outside.map((path) => newFile(path, "x")).join(""));
  await server.drain();
  await server.services.database.sql`delete from checkpoints`;
  const { repositoryPath, basePath } = foldersOn(server, sessionId);
  await rm(repositoryPath, { recursive: true });
  const git = testGit(repository);
  await git("rm", "-q", "README.md");
  await git("commit", "-qm", "somebody else's");

  const peer = await context.startPeer();
  await peer.work();
  await peer.send(sessionId, "@write second.txt");
  await peer.until(sessionId, ({ status }) => status === "failed");
  await startOver(peer.services, await context.access(sessionId));
  const { preparation } = await peer.until(sessionId, isIdle);
  const step = preparation?.steps.find(({ step: name }) => name === "restore");
  expect(step).toMatchObject({ status: "done" });
  for (const path of ["README.md", ...outside])
    expect(step?.logTail).toContain(`Not applied: ${path}\n`);
  expect(step?.logTail).toContain("What was changed in 3 files is there again");
  expect(await readdir(basePath)).not.toContain("outside.txt");
  expect(await readdir(join(repositoryPath, ".git"))).not.toContain("hooks");
  expect(await readdir(repositoryPath)).toEqual([
    ".git",
    "by-agent.txt",
    "committed.txt",
    "link",
    "second.txt",
  ]);
  expect(await readFile(join(repositoryPath, "committed.txt"), "utf8")).toBe("in a commit\n");
});
