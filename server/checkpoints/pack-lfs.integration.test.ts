import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { setUpFilters } from "#server/lfs/checkout-lfs.ts";
import { hasGitLfs, lfsPointer } from "#server/lfs/testing/lfs-server.ts";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import {
  createTestRepository,
  type RunTestGit,
  testGit,
} from "#server/workspaces/testing/test-repository.ts";
import { makeWorkspaceFolders, workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { findLfs, packLfs } from "./pack-lfs.ts";
import { saveWorkTree } from "./save-work-tree.ts";
import { readScript, runScript, type WorkspaceShell } from "./workspace-script.ts";

/** Programs of git-lfs start slowly on a machine that has much to do. */
vi.setConfig({ testTimeout: 120_000 });
let dataDir: string;
let path: string;
let git: RunTestGit;
let base: string;
let shell: WorkspaceShell;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "millrace-pack-"));
  const sessionId = "ses_000000000000AAAAAAAAAAAAAA";
  const folders = workspaceFolders({ dataDir, sessionId, generation: 1 });
  await makeWorkspaceFolders(folders);
  path = folders.repositoryPath;
  git = testGit(path);
  const repository = await createTestRepository(path);
  base = await repository.commit({
    ".gitattributes": "*.bin filter=lfs -text\n",
    "grain.bin": lfsPointer("grain").text,
  });
  const { signal } = new AbortController();
  shell = { sandbox: createProcessSandbox(), folders, signal, timeoutMs: 60_000 };
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const write = (text: string) => writeFile(join(path, "flour.bin"), text);

/** Ids of the objects that the session's own store has. */
async function listStored(): Promise<string[]> {
  const store = join(path, ".git/lfs/objects");
  const entries = await readdir(store, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

const idsOf = (...texts: string[]) => texts.map((text) => lfsPointer(text).oid).toSorted();

/** Ids of what is packed by a save that may keep all. */
async function pack(): Promise<string[]> {
  const saved = await saveWorkTree(shell, { maxBytes: 1e9, keepLfs: true });
  const found = await runScript(shell, findLfs(saved, base));
  if (found === "") return [];
  const archive = await buffer(readScript(shell, packLfs(saved, base)));
  const names = execFileSync("tar", ["--list"], { input: archive }).toString().trim().split("\n");
  for (const name of names) expect(name).toMatch(/^\.\/(..)\/(..)\/\1\2[0-9a-f]{60}$/);
  return names.map((name) => name.slice(name.lastIndexOf("/") + 1)).toSorted();
}

test.skipIf(!hasGitLfs)("looking at changed files leaves no object of theirs", async () => {
  await setUpFilters(shell);
  await write("flour");
  const { savedCommit } = await saveWorkTree(shell, { maxBytes: 1e9 });
  expect(`${await git("cat-file", "-p", `${savedCommit}:flour.bin`)}\n`).toBe(
    lfsPointer("flour").text,
  );
  expect(await listStored()).toEqual([]);
  expect(await readdir(shell.folders.temporaryPath)).toEqual([]);
});

test.skipIf(!hasGitLfs)("of a file's versions those are packed that commits have", async () => {
  await setUpFilters(shell);
  expect(await pack()).toEqual([]);
  await write("first");
  expect(await pack()).toEqual(idsOf("first"));
  await write("staged once");
  await git("add", "flour.bin");
  await write("committed");
  await git("add", "flour.bin");
  await git("commit", "-qm", "Flour");
  await write("staged");
  await git("add", "flour.bin");
  await write("last");
  expect(await pack()).toEqual(idsOf("committed", "staged", "last"));
  // What the agent has made itself is left to it.
  expect((await listStored()).toSorted()).toEqual(idsOf("staged once", "committed", "staged"));
  expect(await readdir(shell.folders.temporaryPath)).toEqual([]);
});
