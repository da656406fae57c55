import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { log } from "#server/log.ts";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import { makeWorkspaceFolders, workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { noteLfs } from "./fetch-lfs.ts";

test("a note on Git LFS that cannot be made fails no session, unless it was to end", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "millrace-note-"));
  const sessionId = "ses_000000000000AAAAAAAAAAAAAA";
  const folders = workspaceFolders({ dataDir, sessionId, generation: 1 });
  // Without a repository, git fails.
  await makeWorkspaceFolders(folders);
  const services = { sandbox: createProcessSandbox(), log };
  const said: string[] = [];
  const note = (signal: AbortSignal) =>
    noteLfs(services, { folders }, { signal, onOutput: (text) => said.push(text) });
  await note(new AbortController().signal);
  expect(said.join("")).not.toContain("stay pointers");
  await expect(note(AbortSignal.abort(new Error("ended")))).rejects.toThrow("ended");
  await rm(dataDir, { recursive: true });
});
