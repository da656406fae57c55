import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lfsStoreOf, objectPath } from "#server/lfs/lfs-store.ts";
import { lfsPointer } from "#server/lfs/testing/lfs-server.ts";
import { evictMirrors } from "./evict-mirrors.ts";
import { openTestMirror } from "./testing/open-test-mirror.ts";
import { startTestHost, type TestHost } from "./testing/test-repository.ts";

let host: TestHost;

beforeEach(async () => {
  host = await startTestHost();
  await host.origin.commit({ "a.txt": "a" });
});
afterEach(() => host.close());

/** A mirror with one object of Git LFS. */
async function openWithObject() {
  const mirror = await openTestMirror(host);
  await mirror.release();
  const object = objectPath(lfsStoreOf(mirror.path), lfsPointer("grain").oid);
  await mkdir(dirname(object), { recursive: true });
  await writeFile(object, "grain");
  return { path: mirror.path, object };
}

/** As a server leaves it that is killed between the renames of a clone that replaces the mirror. */
async function leaveHalfReplaced(path: string): Promise<void> {
  const basePath = dirname(path);
  await rename(path, join(basePath, "removed-1"));
  const dead = { pid: process.pid, startTicks: 1, bootId: null, nonce: "dead" };
  await writeFile(join(basePath, "lock"), JSON.stringify(dead));
}

test("objects of Git LFS outlast a clone that replaces the mirror, also one that was killed", async () => {
  const { path, object } = await openWithObject();
  await leaveHalfReplaced(path);
  await (await openTestMirror(host)).release();
  expect(await readFile(object, "utf8")).toBe("grain");
  await rm(join(path, "HEAD"));
  await (await openTestMirror(host)).release();
  expect(await readFile(object, "utf8")).toBe("grain");
});

test("they go with the mirror, also with one that is half replaced", async () => {
  const { path, object } = await openWithObject();
  const evict = () =>
    evictMirrors({
      dataDir: host.dataDir,
      maxBytes: 0,
      isMirrorInUse: () => Promise.resolve(false),
    });
  expect(await evict()).toBe(1);
  await expect(readFile(object)).rejects.toThrow("ENOENT");
  await openWithObject();
  await leaveHalfReplaced(path);
  expect(await evict()).toBe(1);
  await expect(readFile(object)).rejects.toThrow("ENOENT");
});
