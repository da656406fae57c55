import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { startOver } from "../start-over.ts";
import { foldersOn, isIdle } from "../testing/cold-start.ts";
import { obedient, type TestServer } from "../testing/test-server.ts";
import { useTestServer } from "../testing/use-test-server.ts";

// Two processes after one another, each with an agent.
vi.setConfig({ testTimeout: 60_000 });
const context = useTestServer();

/** A session that has worked and of whose files nothing is kept, and the process that goes on with it. */
async function leaveSession(): Promise<{ sessionId: string; peer: TestServer }> {
  const { server, repository } = context;
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@write by-agent.txt",
    environment: obedient,
    setupCommands: ["echo by setup > ../home/setup"],
  });
  await server.until(sessionId, isIdle);
  await server.drain();
  await server.services.database.sql`delete from checkpoints`;
  await server.services.database.sql`delete from workspace_changes`;
  return { sessionId, peer: await context.startPeer() };
}

test("a repository that an agent has worked in is gone on with when the note beside it is gone", async () => {
  const { sessionId, peer } = await leaveSession();
  const { basePath, repositoryPath } = foldersOn(context.server, sessionId);
  await rm(join(basePath, "workspace.json"));
  await peer.work();
  await peer.send(sessionId, "@write second.txt");
  await peer.until(sessionId, isIdle);
  expect(await readdir(repositoryPath)).toEqual(
    expect.arrayContaining(["by-agent.txt", "second.txt"]),
  );
});

test("a repository that is gone fails its session until somebody gives it up; then nothing of the folder is left", async () => {
  const { sessionId, peer } = await leaveSession();
  const { repositoryPath, homePath } = foldersOn(context.server, sessionId);
  const giveUp = async () => startOver(peer.services, await context.access(sessionId));
  await rename(repositoryPath, `${homePath}/moved`);
  await peer.work();
  await peer.send(sessionId, "@write second.txt");
  const lost = await peer.until(sessionId, ({ status }) => status === "failed");
  expect(lost.message).toBe(
    "This session's files are gone from its host, and nothing else has them",
  );
  expect(await readdir(`${homePath}/moved`)).toContain("by-agent.txt");

  await giveUp();
  await peer.until(sessionId, isIdle);
  expect(await readdir(repositoryPath)).toContain("second.txt");
  expect(await readdir(repositoryPath)).not.toContain("by-agent.txt");
  expect(await readdir(homePath)).not.toContain("moved");
  await expect(giveUp(), "nothing is lost any more").rejects.toMatchObject({ code: "conflict" });
});

test("a session that failed for another reason keeps its files", async () => {
  const { server, repository } = context;
  const sessionId = await server.start({ repository });
  await server.services.database.sql`update sessions set status = 'failed'`;
  await expect(startOver(server.services, await context.access(sessionId))).rejects.toMatchObject({
    code: "conflict",
  });
});
