import { mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AppError } from "#lib/errors.ts";
import { parseRepository } from "#lib/repository.ts";
import { findByHome } from "#server/sandboxes/stop-processes.ts";
import { mirrorFolders, mirrorsPath, reportingDamage } from "./mirror-folders.ts";
import type { OpenMirrorOptions } from "./mirrors.ts";
import { openTestMirror } from "./testing/open-test-mirror.ts";
import {
  createTestRepository,
  startTestHost,
  testGit,
  type TestHost,
} from "./testing/test-repository.ts";

let host: TestHost;

beforeEach(async () => {
  host = await startTestHost();
  await host.origin.commit({ "a.txt": "a" });
});
afterEach(() => host.close());

const open = (more: Partial<OpenMirrorOptions> = {}) => openTestMirror(host, more);

/** Opens, releases, and answers the commit of a branch. */
async function commitOf(branch: string, more: Partial<OpenMirrorOptions> = {}): Promise<string> {
  const mirror = await open(more);
  await mirror.release();
  return testGit(mirror.path)("rev-parse", `refs/heads/${branch}`);
}

const folders = () => mirrorFolders(host.dataDir, host.repository.key);
const packRequests = () =>
  host.server.requests.filter((request) => request.startsWith("POST")).length;
const leftInMirror = async () => (await readdir(folders().basePath)).toSorted();

describe("openMirror", () => {
  test("clones once and afterwards brings what is new, branches and tags", async () => {
    const mirror = await open();
    expect(mirror.defaultBranch).toBe("main");
    await mirror.release();
    const git = testGit(mirror.path);
    await git("tag", "-l");

    const second = await host.origin.commit({ "b.txt": "b" });
    await host.origin.git("tag", "v1");
    await host.origin.git("branch", "feature/x");
    expect(await commitOf("main")).toBe(second);
    expect(await git("rev-parse", "v1", "feature/x")).toBe(`${second}\n${second}`);
    expect(await leftInMirror()).toEqual(["fetched", "holds", "home", "repository.git"]);
    expect(await readdir(folders().holdsPath)).toEqual([]);
  });

  test("follows a branch that was rewritten, and one that gave way to a folder of branches", async () => {
    await host.origin.git("branch", "topic");
    await commitOf("main");
    await host.origin.git("branch", "-D", "topic");
    await host.origin.git("branch", "topic/one");
    await host.origin.git("commit", "-q", "--amend", "-m", "rewritten");
    expect(await commitOf("topic/one", { branch: "topic/one" })).toMatch(/^[0-9a-f]{40}$/);
    expect(await commitOf("main")).toBe(await host.origin.git("rev-parse", "main"));
  });

  test("takes nothing into everybody's copy that a credential opens once the repository has moved", async () => {
    const target = host.repository.url;
    const old = `${host.server.url}/old/.git`;
    host.server.redirect("/old/", "/app/");
    const findCredential = async (url: string) =>
      url === old ? null : { username: "me", token: "secret" };
    const repository = { ...host.repository, url: old };
    await expect(open({ repository, findCredential })).rejects.toMatchObject({
      code: "invalid_input",
      message: `The repository is at ${target}, whose server the team has a token for: start with that address`,
    });
    expect(packRequests()).toBe(0);
    const mirror = await open({ repository, findCredential, owner: "team" });
    await mirror.release();
  });

  test("keeps objects that no branch needs any more", async () => {
    const first = await commitOf("main");
    await host.origin.git("commit", "-q", "--amend", "-m", "rewritten");
    await commitOf("main");
    expect(await testGit(folders().repositoryPath)("cat-file", "-t", first)).toBe("commit");
  });

  test("knows the default branch after it was changed", async () => {
    await commitOf("main");
    await host.origin.git("checkout", "-q", "-b", "develop");
    await host.origin.commit({ "c.txt": "c" });
    const mirror = await open();
    expect(mirror.defaultBranch).toBe("develop");
    await mirror.release();
  });

  test("asks again for a branch that it does not know, and names it when there is none", async () => {
    await commitOf("main");
    await host.origin.git("branch", "late");
    expect(await commitOf("late", { branch: "late" })).toMatch(/^[0-9a-f]{40}$/);
    await host.origin.git("branch", "-D", "late");
    for (const branch of ["late", "never"]) {
      await expect(open({ branch })).rejects.toMatchObject({
        code: "invalid_input",
        message: `The branch "${branch}" does not exist in the repository`,
      });
    }
    expect(await readdir(folders().holdsPath)).toEqual([]);
  });

  test("takes an empty repository, and what it gets later", async () => {
    await createTestRepository(join(host.folder, "served/empty"));
    const url = `${host.server.url}/empty/.git`;
    const repository = { kind: "http" as const, url, label: "empty", key: url };
    for (let round = 0; round < 2; round += 1) {
      const mirror = await open({ repository });
      expect(mirror.defaultBranch).toBe("main");
      await mirror.release();
    }
    const git = testGit(join(host.folder, "served/empty"));
    await git("commit", "-q", "--allow-empty", "-m", "first");
    expect(await commitOf("main", { repository })).toBe(await git("rev-parse", "main"));
  });

  test("takes a folder of this machine, with its branch of the moment, also by borrowed objects", async () => {
    const borrowing = join(host.folder, "borrowing");
    await testGit(host.folder)("clone", "-q", "--shared", host.origin.path, borrowing);
    for (const path of [host.origin.path, borrowing]) {
      const repository = parseRepository(path, { allowLocalPaths: true });
      const git = testGit(path);
      expect(await commitOf("main", { repository })).toBe(await git("rev-parse", "main"));
      await git("checkout", "-q", "-b", "local");
      const mirror = await open({ repository });
      expect(mirror.defaultBranch).toBe("local");
      await mirror.release();
      await expect(readFile(join(mirror.path, "objects/info/alternates"))).rejects.toThrow(
        "ENOENT",
      );
    }
  });
});

test("a first clone that fails leaves nothing, also when several fail at once, and the next one works", async () => {
  const url = `${host.server.url}/none/.git`;
  const repository = { kind: "http" as const, url, label: "none", key: url };
  for (let round = 0; round < 3; round += 1) {
    const failed = await Promise.allSettled(Array.from({ length: 4 }, () => open({ repository })));
    for (const one of failed) {
      expect(one).toMatchObject({ status: "rejected", reason: { code: "not_found" } });
    }
    expect(await readdir(mirrorsPath(host.dataDir))).toEqual([]);
  }
  await createTestRepository(join(host.folder, "served/none"));
  const mirror = await open({ repository });
  await mirror.release();
});

test("what git says names no folder of the server", async () => {
  await (await open()).release();
  expect(host.output()).toContain("Receiving objects");
  expect(host.output()).not.toContain(host.dataDir);
});

test("a folder without a repository, and one that is not there, are told as such", async () => {
  const at = (path: string) => parseRepository(path, { allowLocalPaths: true });
  await mkdir(join(host.folder, "plain"));
  await writeFile(join(host.folder, "file"), "");
  const refused = [
    ["plain", "There is no git repository in this folder"],
    ["missing", "There is no such folder"],
    ["file", "There is no such folder"],
  ] as const;
  for (const [name, message] of refused) {
    await expect(open({ repository: at(join(host.folder, name)) })).rejects.toMatchObject({
      code: "not_found",
      message,
    });
  }
});

describe("several sessions at once", () => {
  test("clone a new repository once, and share fetches", async () => {
    const mirrors = await Promise.all(Array.from({ length: 6 }, () => open()));
    expect(new Set(mirrors.map((mirror) => mirror.path)).size).toBe(1);
    expect(host.output()).toContain("Waiting for another session");
    // A list of branches and a pack: nobody needed to ask again, because all came before the clone began.
    expect(packRequests()).toBe(2);
    await Promise.all(mirrors.map((mirror) => mirror.release()));
  });

  test("get what was pushed before they asked, whatever others were doing", async () => {
    await commitOf("main");
    const opening = [open()];
    const pushed = await host.origin.commit({ "late.txt": "late" });
    opening.push(open(), open());
    const mirrors = await Promise.all(opening);
    expect(await testGit(folders().repositoryPath)("rev-parse", "main")).toBe(pushed);
    await Promise.all(mirrors.map((mirror) => mirror.release()));
  });
});

describe("a clone or fetch that is stopped", () => {
  test("leaves no folder, no process, no lock, and the next one works", async () => {
    for (const isNew of [true, false]) {
      const asked = host.server.requests.length;
      host.server.hold();
      const controller = new AbortController();
      const opening = open({ signal: controller.signal });
      await expect.poll(() => host.server.requests.length, { interval: 5 }).toBe(asked + 1);
      controller.abort(new Error("stopped"));
      await expect(opening).rejects.toThrow("stopped");
      const left = isNew ? [] : ["fetched", "holds", "home", "repository.git"];
      expect(await leftInMirror().catch(() => [])).toEqual(left);
      expect(await readdir(mirrorsPath(host.dataDir))).toHaveLength(isNew ? 0 : 1);
      expect(await findByHome(folders().homePath)()).toEqual([]);
      host.server.release();
      expect(await commitOf("main")).toMatch(/^[0-9a-f]{40}$/);
    }
  });

  test("while it waits for another session, too", async () => {
    host.server.hold();
    const first = open();
    await expect.poll(() => host.server.requests.length, { interval: 5 }).toBe(1);
    const controller = new AbortController();
    const second = open({ signal: controller.signal });
    await expect.poll(() => host.output(), { interval: 5 }).toContain("Waiting");
    controller.abort(new Error("stopped"));
    await expect(second).rejects.toThrow("stopped");
    host.server.release();
    await (await first).release();
  });

  test("by a server that died is cleaned up by who comes next", async () => {
    await commitOf("main");
    const { basePath, repositoryPath, lockPath } = folders();
    await mkdir(join(basePath, "partial-1/objects"), { recursive: true });
    await writeFile(join(repositoryPath, "objects/pack/tmp_pack_x"), "half");
    await writeFile(join(repositoryPath, "refs/heads/main.lock"), "");
    const dead = { pid: process.pid, startTicks: 1, bootId: null, nonce: "dead" };
    await writeFile(lockPath, JSON.stringify(dead));
    const pushed = await host.origin.commit({ "b.txt": "b" });
    expect(await commitOf("main")).toBe(pushed);
    expect(await leftInMirror()).toEqual(["fetched", "holds", "home", "repository.git"]);
    expect(await readdir(join(repositoryPath, "objects/pack"))).not.toContain("tmp_pack_x");
  });
});

describe("a damaged mirror", () => {
  const damage = {
    "without its packs": async (path: string) => rm(join(path, "objects"), { recursive: true }),
    "with a pack cut short": async (path: string) => {
      for (const name of await readdir(join(path, "objects/pack"))) {
        if (name.endsWith(".pack")) await truncate(join(path, "objects/pack", name), 20);
      }
    },
    "without HEAD": async (path: string) => rm(join(path, "HEAD")),
    "with a damaged HEAD": async (path: string) => writeFile(join(path, "HEAD"), "garbage"),
    "with a damaged configuration": async (path: string) =>
      writeFile(join(path, "config"), "[core\n"),
  };

  test.each(Object.entries(damage))("%s is cloned anew", async (_name, spoil) => {
    const commit = await commitOf("main");
    await spoil(folders().repositoryPath);
    expect(await commitOf("main")).toBe(commit);
    await testGit(folders().repositoryPath)("fsck", "--full");
  });

  test("that a reader reported is cloned anew once", async () => {
    const commit = await commitOf("main");
    const corrupt = new AppError("unavailable", "damaged", { details: { reason: "corrupt" } });
    const reading = reportingDamage(folders().repositoryPath, () => Promise.reject(corrupt));
    await expect(reading).rejects.toBe(corrupt);
    const asked = packRequests();
    expect(await commitOf("main")).toBe(commit);
    expect(packRequests()).toBe(asked + 2);
    await commitOf("main");
    expect(packRequests()).toBe(asked + 3);
  });
});
