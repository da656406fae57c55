import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { evictMirrors } from "./evict-mirrors.ts";
import { mirrorsPath } from "./mirror-folders.ts";
import { openTestMirror } from "./testing/open-test-mirror.ts";
import { createTestRepository, startTestHost, type TestHost } from "./testing/test-repository.ts";

let host: TestHost;

beforeEach(async () => {
  host = await startTestHost();
  await host.origin.commit({ "a.txt": "a" });
});
afterEach(() => host.close());

const openNamed = async (name: string) => {
  const { git, commit } = await createTestRepository(join(host.folder, "served", name));
  await commit({ "a.txt": "a".repeat(1_000) });
  await git("gc", "-q");
  const url = `${host.server.url}/${name}/.git`;
  return openTestMirror(host, { repository: { kind: "http", url, label: name, key: url } });
};
const remaining = async () => {
  const paths = await readdir(mirrorsPath(host.dataDir));
  const whole = await Promise.all(
    paths.map(async (name) => {
      const names = await readdir(join(mirrorsPath(host.dataDir), name));
      return names.includes("repository.git")
        ? [join(mirrorsPath(host.dataDir), name, "repository.git")]
        : [];
    }),
  );
  return whole.flat().toSorted();
};
const evict = (maxBytes: number, inUse: string[] = []) =>
  evictMirrors({
    dataDir: host.dataDir,
    maxBytes,
    isMirrorInUse: (path) => Promise.resolve(inUse.includes(path)),
  });

test("eviction removes those not used for longest, and never one that is open or in use", async () => {
  const oldest = await openNamed("one");
  const middle = await openNamed("two");
  const newest = await openNamed("three");
  await Promise.all([oldest.release(), newest.release()]);

  expect(await evict(1e12)).toBe(0);
  expect(await evict(0, [newest.path])).toBe(1);
  expect(await remaining()).toEqual([middle.path, newest.path].toSorted());
  await middle.release();
  expect(await evict(0, [newest.path])).toBe(1);
  expect(await evict(0)).toBe(1);
  expect(await remaining()).toEqual([]);
});

test("eviction begins with the least recently opened, by as much as is needed", async () => {
  const one = await openNamed("one");
  const two = await openNamed("two");
  await Promise.all([one.release(), two.release()]);
  const url = `${host.server.url}/one/.git`;
  const again = await openTestMirror(host, {
    repository: { kind: "http", url, label: "one", key: url },
  });
  await again.release();
  let maxBytes = 1e6;
  while ((await evict(maxBytes)) === 0) maxBytes -= 1_000;
  expect(await remaining()).toEqual([one.path]);
});

test("eviction happens by itself after a clone that makes the mirrors too large", async () => {
  const first = await openNamed("one");
  await first.release();
  const second = await openTestMirror(host, { maxBytes: 1 });
  expect(await remaining()).toEqual([second.path]);
  await second.release();
  const cloned = await openNamed("four");
  await cloned.release();
});
