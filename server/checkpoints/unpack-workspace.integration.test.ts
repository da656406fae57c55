import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import {
  createTestRepository,
  type RunTestGit,
  testGit,
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
  home: string;
}

let folder: string;
let originPath: string;
let base: string;
let here: Place;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-checkpoints-"));
  const origin = await createTestRepository(join(folder, "origin"));
  originPath = origin.path;
  base = await origin.commit({
    "staged.txt": "one\n",
    "both.txt": "one\n",
    "deleted.txt": "one\n",
    "old-name.txt": "a text that is long enough to be found again\n",
    "run.sh": "#!/bin/sh\n",
    "untouched.txt": "one\n",
    ".gitignore": "ignored/\n",
  });
  here = await openPlace("here");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A workspace as it is after the step `branch`. */
async function openPlace(name: string): Promise<Place> {
  const dataDir = join(folder, name);
  const sessionId = "ses_000000000000AAAAAAAAAAAAAA";
  const folders = workspaceFolders({ dataDir, sessionId, generation: 1 });
  await makeWorkspaceFolders(folders);
  const path = folders.repositoryPath;
  await testGit(folder)("clone", "-q", "--shared", originPath, path);
  const git = testGit(path);
  await git("checkout", "-q", "-b", "millrace/work", ...(base === "" ? [] : [base]));
  const { signal } = new AbortController();
  const shell = { sandbox: createProcessSandbox(), folders, signal, timeoutMs: 20_000 };
  return { shell, git, path, home: folders.homePath };
}

/** Takes everything from here to a fresh folder, as a cold start does. */
async function carry(): Promise<Place> {
  const git = await saveWorkTree(here.shell, { maxBytes: 1e9 });
  const parts = {
    bundle: await collect(readScript(here.shell, packBundle(git, base || null))),
    home: await collect(readScript(here.shell, packHome)),
  };
  const there = await openPlace("there");
  await unpackWorkspace({ git, shell: there.shell, open: (kind) => chunks(parts[kind]) });
  return there;
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return parts;
}

async function* chunks(parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

test("every kind of change comes back as it was, staged or not", async () => {
  const { git, path } = here;
  await git("switch", "-q", "-c", "second");
  await writeFile(join(path, "committed.txt"), "in a commit\n");
  await git("add", "committed.txt");
  await git("commit", "-qm", "not pushed");
  await writeFile(join(path, "staged.txt"), "two\n");
  await writeFile(join(path, "both.txt"), "two\n");
  await git("add", "staged.txt", "both.txt");
  await writeFile(join(path, "both.txt"), "three\n");
  await rm(join(path, "deleted.txt"));
  await git("mv", "old-name.txt", "new name.txt");
  await chmod(join(path, "run.sh"), 0o755);
  await writeFile(join(path, "untracked.bin"), Buffer.from([0, 255, 10, 13, 0]));
  await writeFile(join(path, 'grün "quoted"\t.txt'), "odd name\n");
  await symlink("../../outside", join(path, "link"));
  const status = await git("status", "--porcelain=v1", "-z");
  const there = await carry();
  expect(await there.git("status", "--porcelain=v1", "-z")).toBe(status);
  expect(await there.git("diff", "--cached", "--binary", base)).toBe(
    await git("diff", "--cached", "--binary", base),
  );
  expect(await there.git("diff", "--binary")).toBe(await git("diff", "--binary"));
  expect(await there.git("log", "--format=%H %D", "--all")).toBe(
    await git("log", "--format=%H %D", "--all"),
  );
  expect(await readFile(join(there.path, "untracked.bin"))).toEqual(
    Buffer.from([0, 255, 10, 13, 0]),
  );
  expect(await readlink(join(there.path, "link"))).toBe("../../outside");
  expect((await lstat(join(there.path, "run.sh"))).mode & 0o111).toBe(0o111);
});

test("saving changes nothing: no branch, no index, no file, and nothing is left in the way", async () => {
  const { git, path, shell } = here;
  await writeFile(join(path, "both.txt"), "two\n");
  await writeFile(join(path, "untracked.txt"), "two\n");
  const look = async () => [
    await git("status", "--porcelain"),
    await git("for-each-ref"),
    await git("ls-files", "--stage"),
  ];
  const before = await look();
  const saved = await saveWorkTree(shell, { maxBytes: 1e9 });
  await collect(readScript(shell, packBundle(saved, base)));
  expect(await look()).toEqual(before);
});

test("ignored files are not kept, and those of the new folder stay; what else lies there goes", async () => {
  await mkdir(join(here.path, "ignored"));
  await writeFile(join(here.path, "ignored/a"), "a");
  const git = await saveWorkTree(here.shell, { maxBytes: 1e9 });
  const bundle = await collect(readScript(here.shell, packBundle(git, base)));
  const home = await collect(readScript(here.shell, packHome));
  const there = await openPlace("there");
  await mkdir(join(there.path, "ignored"));
  await writeFile(join(there.path, "ignored/b"), "b");
  await writeFile(join(there.path, "made-by-setup"), "");
  const parts = { bundle, home };
  const open = (kind: "bundle" | "home") => chunks(parts[kind]);
  await unpackWorkspace({ git, shell: there.shell, open });
  await expect(lstat(join(there.path, "ignored/a"))).rejects.toThrow("ENOENT");
  await expect(lstat(join(there.path, "made-by-setup"))).rejects.toThrow("ENOENT");
  expect(await readFile(join(there.path, "ignored/b"), "utf8")).toBe("b");
});

test("a stash, a detached HEAD and a second branch are there again", async () => {
  const { git, path } = here;
  await git("branch", "other");
  await writeFile(join(path, "both.txt"), "stashed\n");
  await git("stash", "-q");
  await git("checkout", "-q", "--detach");
  const there = await carry();
  expect(await there.git("rev-parse", "--abbrev-ref", "HEAD")).toBe("HEAD");
  expect(await there.git("branch", "--format=%(refname)", "--list", "other")).toBe(
    "refs/heads/other",
  );
  await there.git("stash", "pop", "-q");
  expect(await readFile(join(there.path, "both.txt"), "utf8")).toBe("stashed\n");
});

test("a merge with conflicts keeps its files, not its index", async () => {
  const { git, path } = here;
  await writeFile(join(path, "both.txt"), "ours\n");
  await git("commit", "-qam", "ours");
  await git("switch", "-q", "-c", "theirs", base);
  await writeFile(join(path, "both.txt"), "theirs\n");
  await git("commit", "-qam", "theirs");
  await git("merge", "-q", "millrace/work").catch(() => {});
  const text = await readFile(join(path, "both.txt"), "utf8");
  expect(text).toContain("<<<<<<<");
  const there = await carry();
  expect(await readFile(join(there.path, "both.txt"), "utf8")).toBe(text);
});

test("a repository inside is left alone, with or without commits, and so is a submodule", async () => {
  const { path } = here;
  const inner = await createTestRepository(join(path, "inner"));
  await inner.commit({ "a.txt": "a\n" });
  await createTestRepository(join(path, "empty"));
  const allowed = ["-c", "protocol.file.allow=always"];
  await here.git(...allowed, "submodule", "--quiet", "add", originPath, "module");
  await writeFile(join(path, "untracked.txt"), "kept\n");
  const there = await carry();
  expect(await readFile(join(there.path, "untracked.txt"), "utf8")).toBe("kept\n");
  await expect(lstat(join(there.path, "inner/a.txt"))).rejects.toThrow("ENOENT");
  expect(await there.git("ls-files", "--stage", "module")).toMatch(/^160000 /);
  expect(await there.git("submodule", "status")).toBe(
    await here.git("submodule", "status").then((line) => `-${line.split(" ")[0]} module`),
  );
});

test("a repository without commits comes back with its files", async () => {
  await rm(originPath, { recursive: true });
  await createTestRepository(originPath);
  base = "";
  await rm(join(folder, "here"), { recursive: true });
  here = await openPlace("here");
  await writeFile(join(here.path, "first.txt"), "first\n");
  await here.git("add", "first.txt");
  const there = await carry();
  expect(await there.git("status", "--porcelain")).toBe("A  first.txt");
  expect(await there.git("symbolic-ref", "HEAD")).toBe("refs/heads/millrace/work");
});

test("the agent's own state comes along; caches do not", async () => {
  await mkdir(join(here.home, ".local/share/agent"), { recursive: true });
  await writeFile(join(here.home, ".local/share/agent/state.db"), "memory", { mode: 0o600 });
  await mkdir(join(here.home, ".cache"), { recursive: true });
  await writeFile(join(here.home, ".cache/large"), "");
  const there = await carry();
  expect(await readFile(join(there.home, ".local/share/agent/state.db"), "utf8")).toBe("memory");
  await expect(lstat(join(there.home, ".cache/large"))).rejects.toThrow("ENOENT");
});

test("a branch that has become the folder of another comes back", async () => {
  const { git } = here;
  await git("branch", "plan");
  await git("branch", "-m", "millrace/work", "millrace/work/part");
  await git("branch", "-m", "plan", "plan/part");
  const saved = await saveWorkTree(here.shell, { maxBytes: 1e9 });
  const bundle = await collect(readScript(here.shell, packBundle(saved, base)));
  const home = await collect(readScript(here.shell, packHome));
  const there = await openPlace("there");
  await there.git("branch", "plan");
  const open = (kind: "bundle" | "home") => chunks({ bundle, home }[kind]);
  await unpackWorkspace({ git: saved, shell: there.shell, open });
  expect(await there.git("branch", "--format=%(refname:short)")).toBe(
    "main\nmillrace/work/part\nplan/part",
  );
  expect(await there.git("symbolic-ref", "--short", "HEAD")).toBe("millrace/work/part");
  expect(await there.git("status", "--porcelain")).toBe("");
});
