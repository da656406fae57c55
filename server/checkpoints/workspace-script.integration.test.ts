import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import type { SandboxedProcess } from "#server/sandboxes/sandbox.ts";
import { makeWorkspaceFolders, workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { feedScript, runScript, type WorkspaceShell } from "./workspace-script.ts";

let dataDir: string;
let shell: WorkspaceShell;
let begun: Promise<SandboxedProcess>;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "millrace-script-"));
  const sessionId = "ses_000000000000AAAAAAAAAAAAAA";
  const folders = workspaceFolders({ dataDir, sessionId, generation: 1 });
  await makeWorkspaceFolders(folders);
  await mkdir(folders.repositoryPath, { recursive: true });
  const sandbox = createProcessSandbox();
  const spawn: WorkspaceShell["sandbox"]["spawn"] = (request) => (begun = sandbox.spawn(request));
  const { signal } = new AbortController();
  shell = { sandbox: { ...sandbox, spawn }, folders, signal, timeoutMs: 20_000 };
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const REFUSE = { text: "echo 'fatal: index-pack failed' >&2; exit 1" };

test("a script that has ended before it was given anything says why itself", async () => {
  async function* late() {
    await (
      await begun
    ).exited;
    yield Buffer.alloc(1_000_000);
  }
  await expect(feedScript(shell, REFUSE, late())).rejects.toMatchObject({
    message: "The copy of the repository is damaged",
  });
});

test("a script that has ended well had enough of what it was given", async () => {
  async function* late() {
    await (
      await begun
    ).exited;
    yield Buffer.alloc(1_000_000);
  }
  await expect(feedScript(shell, { text: "exit 0" }, late())).resolves.toBeUndefined();
});

test("what is wrong with the source counts more than what the script says of its end", async () => {
  async function* broken() {
    yield Buffer.alloc(10);
    throw Object.assign(new Error("broken off"), { code: "ERR_STREAM_PREMATURE_CLOSE" });
  }
  const script = { text: "cat >/dev/null; exit 1" };
  await expect(feedScript(shell, script, broken())).rejects.toThrow("broken off");
});

test("words of a script are not taken for those of a git server", async () => {
  const text = "echo ' ! [rejected] main -> main (fetch first)' >&2; exit 1";
  await expect(runScript(shell, { text })).rejects.toMatchObject({
    code: "internal",
    details: { reason: "unknown" },
  });
});
