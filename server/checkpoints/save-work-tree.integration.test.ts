import { execFileSync } from "node:child_process";
import { appendFile, chmod, mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import type { SpawnRequest } from "#server/sandboxes/sandbox.ts";
import {
  createTestRepository,
  type RunTestGit,
  testGit,
} from "#server/workspaces/testing/test-repository.ts";
import { makeWorkspaceFolders, workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { saveWorkTree } from "./save-work-tree.ts";
import type { WorkspaceShell } from "./workspace-script.ts";

let dataDir: string;
let path: string;
let git: RunTestGit;
let base: string;
let shell: WorkspaceShell;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "millrace-save-"));
  const sessionId = "ses_000000000000AAAAAAAAAAAAAA";
  const folders = workspaceFolders({ dataDir, sessionId, generation: 1 });
  await makeWorkspaceFolders(folders);
  path = folders.repositoryPath;
  git = testGit(path);
  const repository = await createTestRepository(path);
  base = await repository.commit({ "both.txt": "one\n" });
  const { signal } = new AbortController();
  shell = { sandbox: createProcessSandbox(), folders, signal, timeoutMs: 20_000 };
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

test("of very many branches HEAD's and the stash are kept first", async () => {
  await git("checkout", "-q", "-b", "zzz");
  await writeFile(join(path, "both.txt"), "stashed\n");
  await git("stash", "-q");
  const names = Array.from({ length: 1_001 }, (_, index) => `refs/heads/a${index}`);
  await appendFile(
    join(path, ".git/packed-refs"),
    names.map((name) => `${base} ${name}\n`).join(""),
  );
  const { refs } = await saveWorkTree(shell, { maxBytes: 1e9 });
  expect(refs).toHaveLength(1_000);
  expect(refs.slice(0, 2).map(({ name }) => name)).toEqual(["refs/heads/zzz", "refs/stash"]);
});

test("files that cannot be read fail the whole, unless they may be left out", async () => {
  // Root reads everything, unless it has given that up.
  const lesser = (request: SpawnRequest): SpawnRequest =>
    process.getuid?.() === 0
      ? {
          ...request,
          command: "setpriv",
          args: ["--bounding-set=-dac_override,-dac_read_search", request.command, ...request.args],
        }
      : request;
  const { sandbox } = shell;
  shell = {
    ...shell,
    sandbox: { ...sandbox, spawn: (request) => sandbox.spawn(lesser(request)) },
  };
  await saveWorkTree(shell, { maxBytes: 1e9 });
  await createTestRepository(join(path, "empty"));
  await saveWorkTree(shell, { maxBytes: 1e9 });
  await mkdir(join(path, "closed"), { mode: 0o300 });
  await writeFile(join(path, "closed/file"), "");
  const refusal = (names: string) => ({
    code: "forbidden",
    message: `Some of the session's files cannot be read: ${names}`,
    details: { reason: "files" },
  });
  await expect(saveWorkTree(shell, { maxBytes: 1e9 })).rejects.toMatchObject(refusal("'closed/'"));
  await writeFile(join(path, "both.txt"), "two\n", { mode: 0o644 });
  await chmod(join(path, "both.txt"), 0);
  await writeFile(join(path, "secret"), "", { mode: 0 });
  await expect(saveWorkTree(shell, { maxBytes: 1e9 })).rejects.toMatchObject(
    refusal("secret, both.txt, 'closed/'"),
  );
  await expect(saveWorkTree(shell, { maxBytes: 1e9, leaveOut: true })).resolves.toBeDefined();
});

test("what a filter of the repository complains of is no file that cannot be read", async () => {
  await git("config", "filter.own.clean", "echo 'touch: x: Permission denied' >&2; cat");
  await writeFile(join(path, ".gitattributes"), "* filter=own\n");
  await expect(saveWorkTree(shell, { maxBytes: 1e9 })).resolves.toBeDefined();
});

test("more than may be kept is refused before git reads it", async () => {
  await writeFile(join(path, "large.bin"), Buffer.alloc(200_000));
  await expect(saveWorkTree(shell, { maxBytes: 100_000 })).rejects.toMatchObject({
    code: "too_large",
    message: "The session's files take more than 0.1 MB, the most that is kept of one session",
  });
});

test("a file that only says that it is large is refused as one that is", async () => {
  await writeFile(join(path, "sparse.bin"), "");
  await truncate(join(path, "sparse.bin"), 1e12);
  await expect(saveWorkTree(shell, { maxBytes: 1e9 })).rejects.toMatchObject({ code: "too_large" });
});

test("pipes hold nothing up, and the longest of names is kept", async () => {
  execFileSync("/usr/bin/mkfifo", [join(path, "pipe")]);
  const name = "n".repeat(255);
  await writeFile(join(path, name), "x");
  const { savedCommit } = await saveWorkTree(shell, { maxBytes: 1e9 });
  const listed = await git("ls-tree", "--name-only", savedCommit);
  expect(listed.split("\n").filter(Boolean)).toEqual(["both.txt", name]);
});

test("what is staged is kept as that also while a program of the agent has the index", async () => {
  await writeFile(join(path, "staged.txt"), "staged\n");
  await git("add", "staged.txt");
  await writeFile(join(path, ".git/index.lock"), "");
  const { stagedTree } = await saveWorkTree(shell, { maxBytes: 1e9 });
  expect(await git("show", `${stagedTree}:staged.txt`)).toBe("staged");
});
