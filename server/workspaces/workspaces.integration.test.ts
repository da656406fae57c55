import { access, chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSessionId } from "#lib/ids.ts";
import { findByHome } from "#server/sandboxes/stop-processes.ts";
import { type CheckoutBranchOptions, checkoutBranch } from "./checkout-branch.ts";
import { createWorkspace } from "./create-workspace.ts";
import { type Mirror, openMirror } from "./mirrors.ts";
import { removeWorkspace } from "./remove-workspace.ts";
import { startTestHost, testGit, type TestHost } from "./testing/test-repository.ts";
import { makeWorkspaceFolders, workspaceFolders, workspacesPath } from "./workspace-folders.ts";

let host: TestHost;
let mirror: Mirror;
const sessionId = createSessionId();
const workBranch = `millrace/${sessionId}`;

beforeEach(async () => {
  host = await startTestHost();
});
afterEach(async () => {
  await mirror.release();
  await host.close();
});

const folders = () => workspaceFolders({ dataDir: host.dataDir, sessionId, generation: 1 });
const git = (...args: string[]) => testGit(folders().repositoryPath)(...args);

async function create(signal = host.context.signal) {
  mirror = await openMirror({
    ...host.context,
    dataDir: host.dataDir,
    repository: host.repository,
    branch: null,
    maxBytes: 1e12,
    isMirrorInUse: () => Promise.resolve(false),
  });
  await createWorkspace({
    ...host.context,
    signal,
    folders: folders(),
    mirrorPath: mirror.path,
    repository: host.repository,
  });
}

const checkout = (more: Partial<CheckoutBranchOptions> = {}) =>
  checkoutBranch({
    ...host.context,
    folders: folders(),
    branch: null,
    defaultBranch: mirror.defaultBranch,
    workBranch,
    ...more,
  });

describe("a workspace", () => {
  test("has the files, history by reference, its own branch, and the real remote", async () => {
    const commit = await host.origin.commit({ "src/a.txt": "a" });
    await create();
    expect(await checkout()).toEqual({ baseBranch: "main", workBranch, commit });

    expect(await readFile(join(folders().repositoryPath, "src/a.txt"), "utf8")).toBe("a");
    expect(await git("status", "--porcelain", "--branch")).toBe(`## ${workBranch}`);
    expect(await git("remote", "get-url", "origin")).toBe(host.repository.url);
    expect(await git("config", "--local", "user.email")).toBe("millrace@localhost");
    expect(await git("count-objects", "-v")).toContain("count: 0\n");
    expect(await git("count-objects", "-v")).toContain("in-pack: 0\n");
    expect(await git("count-objects", "-v")).toContain(`alternate: ${mirror.path}/objects`);
    await git("fetch", "-q");
  });

  test("begins at a branch that was asked for", async () => {
    await host.origin.commit({ "a.txt": "a" });
    await host.origin.git("checkout", "-q", "-b", "feature/x");
    const commit = await host.origin.commit({ "b.txt": "b" });
    await host.origin.git("checkout", "-q", "main");
    await create();
    const branch = "feature/x";
    expect(await checkout({ branch })).toEqual({ baseBranch: branch, workBranch, commit });
  });

  test("names an unknown branch and stays usable", async () => {
    await host.origin.commit({ "a.txt": "a" });
    await create();
    await expect(checkout({ branch: "nope" })).rejects.toMatchObject({
      code: "invalid_input",
      message: `The branch "nope" does not exist in the repository`,
    });
    expect(await checkout()).toMatchObject({ baseBranch: "main" });
  });

  test("of an empty repository has an unborn branch that takes a first commit", async () => {
    await create();
    expect(await checkout()).toEqual({ baseBranch: "main", workBranch, commit: null });
    await writeFile(join(folders().repositoryPath, "a.txt"), "a");
    await git("add", "-A");
    await git("commit", "-qm", "first");
    expect(await git("branch", "--show-current")).toBe(workBranch);
    await expect(access(join(folders().repositoryPath, "a.txt"))).resolves.toBeUndefined();
  });

  test("of a repository whose HEAD leads nowhere begins where people would", async () => {
    await host.origin.commit({ "a.txt": "a" });
    await host.origin.git("symbolic-ref", "HEAD", "refs/heads/gone");
    await create();
    expect(await checkout()).toMatchObject({ baseBranch: "main" });
  });

  test("is made again when it is half made, and left alone when it is whole", async () => {
    await host.origin.commit({ "a.txt": "a" });
    const { repositoryPath, basePath } = folders();
    await mkdir(join(repositoryPath, ".git"), { recursive: true });
    await mkdir(`${repositoryPath}.partial/.git`, { recursive: true });
    await create();
    await writeFile(join(repositoryPath, ".git/index.lock"), "");
    await checkout();
    expect(await readdir(basePath)).toEqual(["home", "repository", "tmp", "workspace.json"]);

    await writeFile(join(repositoryPath, "a.txt"), "changed by the agent");
    await git("checkout", "-q", "-b", "own-idea");
    await create();
    expect(await checkout()).toMatchObject({ workBranch });
    expect(await readFile(join(repositoryPath, "a.txt"), "utf8")).toBe("changed by the agent");
    expect(await git("branch", "--show-current")).toBe("own-idea");
  });

  test("completes a checkout that was cut off", async () => {
    await host.origin.commit({ "a.txt": "a", "b.txt": "b" });
    await create();
    await checkout();
    const { repositoryPath, basePath } = folders();
    await writeFile(
      join(basePath, "workspace.json"),
      JSON.stringify({ mirrorPath: mirror.path, branch: null }),
    );
    await writeFile(join(repositoryPath, "a.txt"), "");
    await rm(join(repositoryPath, "b.txt"));
    await checkout();
    expect(await git("status", "--porcelain")).toBe("");
  });

  test("reports a mirror that lost a pack after it was opened, and works with the next one", async () => {
    await host.origin.commit({ "a.txt": "a" });
    await create();
    await rm(join(mirror.path, "objects/pack"), { recursive: true });
    await expect(checkout()).rejects.toMatchObject({ details: { reason: "corrupt" } });
    await mirror.release();
    await create();
    expect(await checkout()).toMatchObject({ baseBranch: "main" });
  });

  test("leaves nothing when it is stopped", async () => {
    await host.origin.commit({ "a.txt": "a" });
    await expect(create(AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
    expect(await readdir(folders().basePath)).toEqual(["home", "tmp"]);
    expect(await findByHome(folders().homePath)()).toEqual([]);
  });

  test("runs no hook and no filter that the repository or its mirror brings", async () => {
    const canary = join(host.folder, "canary");
    const hook = `#!/bin/sh\ntouch ${canary}\n`;
    await host.origin.commit({
      "a.txt": "a",
      ".gitattributes": "* filter=evil\n",
      ".gitmodules": `[submodule "x"]\n\tpath = x\n\turl = ext::sh -c 'touch ${canary}'\n`,
      "hooks/post-checkout": hook,
    });
    mirror = await openMirror({
      ...host.context,
      dataDir: host.dataDir,
      repository: host.repository,
      branch: null,
      maxBytes: 1e12,
      isMirrorInUse: () => Promise.resolve(false),
    });
    await mirror.release();
    await mkdir(join(mirror.path, "hooks"), { recursive: true });
    await writeFile(join(mirror.path, "hooks/post-checkout"), hook, { mode: 0o755 });
    await create();
    const gitPath = join(folders().repositoryPath, ".git");
    await mkdir(join(gitPath, "hooks"), { recursive: true });
    await writeFile(join(gitPath, "hooks/post-checkout"), hook, { mode: 0o755 });
    await git("config", "core.fsmonitor", join(gitPath, "hooks/post-checkout"));
    await checkout();
    await expect(access(canary)).rejects.toThrow("ENOENT");
  });

  test("does not follow links of the repository to write outside", async () => {
    const outside = join(host.folder, "outside");
    await mkdir(outside);
    await symlink(outside, join(host.origin.path, "link"));
    await host.origin.commit({ "a.txt": "a" });
    await host.origin.git("rm", "-q", "--cached", "link");
    await rm(join(host.origin.path, "link"));
    await host.origin.commit({ "link/file.txt": "inside" });
    await create();
    await symlink(outside, join(folders().repositoryPath, "link"));
    await checkout();
    expect(await readdir(outside)).toEqual([]);
    expect(await readFile(join(folders().repositoryPath, "link/file.txt"), "utf8")).toBe("inside");
  });
});

describe("removeWorkspace", () => {
  const remove = (path = folders().basePath) => removeWorkspace({ dataDir: host.dataDir, path });

  beforeEach(async () => {
    await host.origin.commit({ "a.txt": "a" });
    await create();
    await checkout();
  });

  test("takes everything away, also links, read-only folders and remains of an earlier removal", async () => {
    const outside = join(host.folder, "outside");
    await mkdir(outside);
    await writeFile(join(outside, "keep.txt"), "keep");
    await symlink(outside, join(folders().repositoryPath, "link"));
    await mkdir(join(folders().homePath, "cache/deep"), { recursive: true });
    await writeFile(join(folders().homePath, "cache/deep/x"), "x");
    await chmod(join(folders().homePath, "cache/deep"), 0o500);
    await chmod(join(folders().homePath, "cache"), 0o000);
    await mkdir(`${folders().basePath}.removed-00000000-0000-4000-8000-000000000000/x`, {
      recursive: true,
    });
    await remove();
    expect(await readdir(workspacesPath(host.dataDir))).toEqual([]);
    expect(await readdir(outside)).toEqual(["keep.txt"]);
    await remove();
  });

  test("does not touch another generation or session", async () => {
    const others = [
      workspaceFolders({ dataDir: host.dataDir, sessionId, generation: 11 }),
      workspaceFolders({ dataDir: host.dataDir, sessionId: createSessionId(), generation: 1 }),
    ];
    for (const other of others) await makeWorkspaceFolders(other);
    await remove();
    expect(await readdir(workspacesPath(host.dataDir))).toHaveLength(2);
  });

  test("removes a link in place of a workspace, not what it leads to", async () => {
    await remove();
    const outside = join(host.folder, "outside");
    await mkdir(outside);
    await symlink(outside, folders().basePath);
    await remove();
    expect(await readdir(outside)).toEqual([]);
    await expect(access(folders().basePath)).rejects.toThrow("ENOENT");
  });

  test.each(["..", ".", "", "other", "../workspaces", "x/ses_1"])("refuses %j", async (name) => {
    await expect(remove(join(workspacesPath(host.dataDir), name))).rejects.toMatchObject({
      code: "internal",
    });
  });

  test("ends what still runs there", async () => {
    const child = await host.context.sandbox.spawn({
      command: "sh",
      args: ["-c", "setsid sleep 60 & echo started; wait"],
      cwd: folders().repositoryPath,
      environment: {},
      homePath: folders().homePath,
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    await remove();
    await child.exited;
    expect(await findByHome(folders().homePath)()).toEqual([]);
  });
});
