import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import {
  createTestRepository,
  type RunTestGit,
  testGit,
  type TestRepository,
} from "#server/workspaces/testing/test-repository.ts";
import { makeWorkspaceFolders, workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { packBundle, packHome } from "./checkpoint-parts.ts";
import { saveWorkTree } from "./save-work-tree.ts";
import { unpackWorkspace } from "./unpack-workspace.ts";
import { readScript, type WorkspaceShell } from "./workspace-script.ts";

interface Place {
  shell: WorkspaceShell;
  git: RunTestGit;
  path: string;
}

let folder: string;
let origin: TestRepository;
let wheel: TestRepository;
let spoke: TestRepository;
let base: string;
let here: Place;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-submodules-"));
  spoke = await createTestRepository(join(folder, "spoke"));
  await spoke.commit({ "spoke.txt": "one\n" });
  wheel = await createTestRepository(join(folder, "wheel"));
  await wheel.git(...submodule("add", spoke.path, "inner spoke"));
  await wheel.commit({ "wheel.txt": "one\n" });
  origin = await createTestRepository(join(folder, "origin"));
  await origin.git(...submodule("add", wheel.path, "parts/wheel"));
  base = await origin.commit({ "README.md": "# A mill\n" });
  here = await openPlace("here");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ALLOWED = ["-c", "protocol.file.allow=always"];
const submodule = (...args: string[]) => [...ALLOWED, "submodule", "--quiet", ...args];

/** A workspace with submodules as it is after the step `branch`. */
async function openPlace(name: string): Promise<Place> {
  const sessionId = "ses_000000000000AAAAAAAAAAAAAA";
  const folders = workspaceFolders({ dataDir: join(folder, name), sessionId, generation: 1 });
  await makeWorkspaceFolders(folders);
  const path = folders.repositoryPath;
  await testGit(folder)("clone", "-q", origin.path, path);
  const git = testGit(path);
  await git("checkout", "-q", "-b", "millrace/work", base);
  await git(...submodule("update", "--init", "--recursive"));
  const { signal } = new AbortController();
  return {
    shell: { sandbox: createProcessSandbox(), folders, signal, timeoutMs: 20_000 },
    git,
    path,
  };
}

/** Takes everything from here to a fresh folder, as a cold start does; answers what was told. */
async function carry(): Promise<Place & { told: string }> {
  const git = await saveWorkTree(here.shell, { maxBytes: 1e9 });
  const parts = {
    bundle: await collect(readScript(here.shell, packBundle(git, base))),
    home: await collect(readScript(here.shell, packHome)),
  };
  const there = await openPlace("there");
  let told = "";
  await unpackWorkspace({
    git,
    shell: there.shell,
    open: (kind) => chunks(parts[kind]),
    onOutput: (text) => (told += text),
  });
  return { ...there, told };
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return parts;
}

async function* chunks(parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

/** What the next checkpoint or push would have. */
const addAll = async ({ git }: Place) => {
  await git("add", "--all");
  return git("ls-files", "--stage", "parts/wheel");
};

test("a submodule that the agent has moved on stays there, and so does one in it", async () => {
  const spokeCommit = await spoke.commit({ "spoke.txt": "two\n" });
  await wheel.git("-C", "inner spoke", "pull", "-q", spoke.path, "main");
  const commit = await wheel.commit({ "wheel.txt": "two\n" });
  const inside = testGit(join(here.path, "parts/wheel"));
  await inside("fetch", "-q");
  await inside("checkout", "-q", commit);
  await inside(...submodule("update"));
  const there = await carry();
  const parts = testGit(join(there.path, "parts/wheel"));
  expect(await parts("rev-parse", "HEAD")).toBe(commit);
  expect(await parts("-C", "inner spoke", "rev-parse", "HEAD")).toBe(spokeCommit);
  expect(await parts("status", "--porcelain")).toBe("");
  expect(await there.git("status", "--porcelain")).toBe("M parts/wheel");
  expect(await addAll(there)).toContain(commit);
  expect(there.told).toBe("");
});

test("a commit that nobody has pushed is told, and not taken back", async () => {
  const inside = testGit(join(here.path, "parts/wheel"));
  await inside("commit", "-qm", "not pushed", "--allow-empty");
  const commit = await inside("rev-parse", "HEAD");
  await here.git("commit", "-qam", "further");
  const there = await carry();
  expect(there.told).toBe(
    `Submodule parts/wheel cannot be at ${commit}, which was perhaps not pushed. Its folder is empty\n`,
  );
  expect(await readdir(join(there.path, "parts/wheel"))).toEqual([]);
  expect(await addAll(there)).toContain(commit);
  expect(await there.git("status", "--porcelain")).toBe("");
});

test("a submodule that the agent has taken away, or made files of, does not come back", async () => {
  await here.git("rm", "-q", "parts/wheel");
  await mkdir(join(here.path, "parts/wheel"), { recursive: true });
  await writeFile(join(here.path, "parts/wheel/wheel.txt"), "a file\n");
  const there = await carry();
  expect(await readdir(join(there.path, "parts/wheel"))).toEqual(["wheel.txt"]);
  expect(await addAll(there)).toMatch(/^100644 .*parts\/wheel\/wheel.txt$/);
});
