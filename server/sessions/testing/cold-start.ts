import { mkdir, mkdtemp, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, vi } from "vitest";
import type { SessionState } from "#lib/session-state.ts";
import { findCheckpoint } from "#server/checkpoints/find-checkpoint.ts";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { obedient, startTestServer, type TestServer } from "./test-server.ts";

/** A session that has nothing to do is kept at once. */
export const keepAtOnce = { IDLE_TIMEOUT_MS: "1" };

/** Nothing of it waits or runs. */
export const isIdle = ({ status, prompts }: SessionState) =>
  status === "idle" && prompts.every((prompt) => prompt.status === "settled");

export const foldersOn = ({ dataDir }: Pick<TestServer, "dataDir">, sessionId: string) =>
  workspaceFolders({ dataDir, sessionId, generation: 1 });

/** A checkpoint holds all that the session has done. */
export const untilKept = ({ services }: TestServer, sessionId: string) =>
  vi.waitFor(
    async () => {
      const { sql } = services.database;
      expect(await findCheckpoint(sql, { sessionId, generation: 1 })).not.toBeNull();
    },
    { timeout: 60_000, interval: 25 },
  );

/** The disk of another machine, empty, that reaches the store of `server`. */
export async function makeOtherDisk({ dataDir }: Pick<TestServer, "dataDir">): Promise<string> {
  const otherDataDir = await mkdtemp(join(tmpdir(), "millrace-other-host-"));
  await mkdir(join(dataDir, "blobs"), { recursive: true });
  await symlink(join(dataDir, "blobs"), join(otherDataDir, "blobs"));
  return otherDataDir;
}

/** A worker of another machine: its own disk and host id, the same database and store. */
export const startOtherHost = ({ databaseUrl }: TestServer, dataDir: string) =>
  startTestServer({ environment: keepAtOnce, shared: { databaseUrl, dataDir } });

/** Starts a session whose setup and agent change files of every kind: committed, changed, new, and of the home. */
export const startWork = (server: TestServer, repository: string) =>
  server.start({
    repository,
    prompt: "@write by-agent.txt",
    environment: obedient,
    setupCommands: [
      "echo by setup > ../home/setup",
      // Not once more, when the session comes back.
      `mkdir ${server.dataDir}/worked 2>/dev/null || exit 0
      echo "in a commit" > committed.txt
      git add committed.txt
      git commit -qm "not pushed"
      echo "# Changed" > README.md
      echo "of the agent" > ../home/memory`,
    ],
  });
