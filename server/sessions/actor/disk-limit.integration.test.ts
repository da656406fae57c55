import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { obedient } from "../testing/test-server.ts";
import { useTestServer } from "../testing/use-test-server.ts";

// The disk is looked at every two seconds.
vi.setConfig({ testTimeout: 90_000 });
const context = useTestServer({ environment: { SESSION_DISK_MAX_BYTES: "1000000" } });

const PATIENCE = { timeout: 50_000, interval: 100 };
const MESSAGE =
  /^The session's files take [\d.]+ MB, more than the 1 MB they may: what ran was ended$/;

test("a turn that fills the disk is ended, and says why", async () => {
  const { server, repository } = context;
  await server.work();
  const prompt = "@say hello\n@hang";
  const sessionId = await server.start({ repository, prompt, environment: obedient });
  await server.until(sessionId, ({ status }) => status === "working");
  const { dataDir } = server;
  const { repositoryPath } = workspaceFolders({ dataDir, sessionId, generation: 1 });
  // More than what a session that is above its limit may add.
  await writeFile(join(repositoryPath, "much"), Buffer.alloc(90_000_000));
  const [prompts] = await vi.waitFor(async () => {
    const rows = await server.services.database.sql`
        select outcome, message from prompts
        where session_id = ${sessionId} and status = 'settled'`;
    expect(rows).toHaveLength(1);
    return rows;
  }, PATIENCE);
  expect(prompts).toMatchObject({ outcome: "failed", message: expect.stringMatching(MESSAGE) });
});

test("a setup command that does so fails its step with the same words", async () => {
  const { server, repository } = context;
  await server.work();
  const sessionId = await server.start({
    repository,
    setupCommands: ["n=0; while :; do n=$((n+1)); fallocate -l 20M much$n; sleep 0.5; done"],
  });
  const message = await vi.waitFor(async () => {
    const [session] = await server.services.database.sql<{ message: string }[]>`
      select status_message as message from sessions
      where id = ${sessionId} and status = 'failed'`;
    return session!.message;
  }, PATIENCE);
  expect(message).toMatch(MESSAGE);
});
