import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { mirrorFolders } from "./mirror-folders.ts";
import { keepMirrors, startMirrorKeeper } from "./mirror-keeper.ts";
import { openTestMirror } from "./testing/open-test-mirror.ts";
import { startTestHost, testGit, type TestHost } from "./testing/test-repository.ts";

let host: TestHost;

beforeEach(async () => {
  host = await startTestHost();
  await host.origin.commit({ "a.txt": "a" });
});
afterEach(() => host.close());

const options = (maxBytes: number) => ({
  ...host.context,
  dataDir: host.dataDir,
  maxBytes,
  isMirrorInUse: async () => false,
});
const never = new AbortController().signal;
const folders = () => mirrorFolders(host.dataDir, host.repository.key);
const packs = async () =>
  (await readdir(join(folders().repositoryPath, "objects/pack"))).filter((name) =>
    name.endsWith(".pack"),
  );

test("many packs become few without the loss of an object, be it borrowed, rewritten or never packed", async () => {
  const mirror = await openTestMirror(host);
  const git = testGit(mirror.path);
  const borrowing = join(host.folder, "borrowing");
  await testGit(host.folder)("clone", "-q", "--shared", mirror.path, borrowing);
  for (let count = 0; count < 22; count += 1) {
    // Nothing at the remote leads to what was there before.
    await host.origin.git("checkout", "-q", "--orphan", `other-${count}`);
    await host.origin.commit({ "a.txt": `${count}` });
    await host.origin.git("branch", "-q", "-M", "main");
    await (await openTestMirror(host)).release();
    await git("repack", "-d", "-q");
    if (count !== 10) continue;
    await testGit(borrowing)("fetch", "-q", mirror.path, "main");
    await testGit(borrowing)("checkout", "-q", "FETCH_HEAD");
  }
  await git("hash-object", "-w", join(mirror.path, "HEAD"));
  await mirror.release();
  const list = () => git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)");
  const before = await list();
  expect((await packs()).length).toBeGreaterThan(20);

  await keepMirrors(options(1e12), never);

  expect((await packs()).length).toBeLessThan(5);
  expect(await list()).toBe(before);
  await testGit(borrowing)("fsck", "--full");
  const entries = await readdir(folders().basePath);
  expect(entries.toSorted()).toEqual(["fetched", "holds", "home", "repository.git"]);
});

test("mirrors beyond the limit are removed at the start, and a machine without mirrors is fine", async () => {
  const idle = startMirrorKeeper(options(1));
  await idle.stop();
  const mirror = await openTestMirror(host);
  await mirror.release();
  const keeper = startMirrorKeeper(options(1));
  await expect.poll(() => readdir(folders().basePath)).not.toContain("repository.git");
  await keeper.stop();
});
