import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findBubblewrap } from "#server/sandboxes/bubblewrap/find-bubblewrap.ts";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { obedient } from "../testing/test-server.ts";
import { useTestServer } from "../testing/use-test-server.ts";

// oxlint-disable-next-line node/no-process-env
const trouble = await findBubblewrap(process.env["PATH"] ?? "");
const context = useTestServer({ environment: { SANDBOX: "bubblewrap" } });

test.skipIf(trouble !== null)(
  "a session is set up and works inside: it reads its history, keeps its files, and sees no other",
  async () => {
    const { server, repository } = context;
    await server.work();
    const sessionId = await server.start({
      repository,
      prompt: "Look around",
      setupCommands: ["git log --oneline > seen.txt", `! ls ${server.dataDir}/blobs`],
    });
    const state = await server.until(sessionId, ({ status }) =>
      ["idle", "failed"].includes(status),
    );
    expect(state).toMatchObject({ status: "idle", message: null });

    const { dataDir } = server;
    const folders = workspaceFolders({ dataDir, sessionId, generation: 1 });
    expect((await stat(join(folders.repositoryPath, "seen.txt"))).size).toBeGreaterThan(0);
    expect(await readdir(folders.basePath)).toContain("home");
  },
);

test.skipIf(trouble !== null)("an agent that is stopped leaves no process behind", async () => {
  const { server, repository } = context;
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@say hello\n@hang",
    environment: obedient,
  });
  await server.until(sessionId, ({ status }) => status === "working");
  await server.drain();
  await expect.poll(() => server.childProcessIds(sessionId)).toEqual([]);
});
