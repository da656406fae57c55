import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { findBubblewrap } from "#server/sandboxes/bubblewrap/find-bubblewrap.ts";
import { foldersOn, keepAtOnce } from "../testing/cold-start.ts";
import { obedient } from "../testing/test-server.ts";
import { useTestServer } from "../testing/use-test-server.ts";

vi.setConfig({ testTimeout: 120_000 });
// oxlint-disable-next-line node/no-process-env
const trouble = await findBubblewrap(process.env["PATH"] ?? "");
const context = useTestServer({ environment: { SANDBOX: "bubblewrap", ...keepAtOnce } });

test.skipIf(trouble !== null)(
  "an isolated session comes back into an empty folder, whatever its own git was told to run",
  async () => {
    const { server, repository } = context;
    await server.work();
    const sessionId = await server.start({
      repository,
      prompt: "@write by-agent.txt",
      environment: obedient,
      setupCommands: [
        "[ -e by-agent.txt ] || echo of the agent > ../home/memory",
        "echo '* filter=own' > .gitattributes",
        `git config filter.own.clean "touch ${server.dataDir}/escaped; cat"`,
      ],
    });
    const folders = foldersOn(server, sessionId);
    const { sql } = server.services.database;
    const read = () => sql`select state, message from checkpoints`;
    await vi.waitFor(
      async () => expect(await read()).toEqual([{ state: "complete", message: null }]),
      { timeout: 60_000 },
    );
    await expect(readFile(join(server.dataDir, "escaped"))).rejects.toThrow("ENOENT");

    await rm(folders.basePath, { recursive: true });
    await server.send(sessionId, "@write second.txt");
    const state = await server.until(
      sessionId,
      ({ status, prompts }) => status === "failed" || (status === "idle" && prompts.length === 0),
    );
    expect(state).toMatchObject({ status: "idle", message: null });
    expect(await readFile(join(folders.repositoryPath, "by-agent.txt"), "utf8")).toBe(
      "Written by a test\n",
    );
    expect(await readFile(join(folders.homePath, "memory"), "utf8")).toBe("of the agent\n");
  },
);
