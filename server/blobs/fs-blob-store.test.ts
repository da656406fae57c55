import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm, symlink, writeFile, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFsBlobStore } from "./fs-blob-store.ts";
import { createSegmentKey } from "./segment-key.ts";
import { describeBlobStore } from "./testing/blob-store-contract.ts";

const newRoot = () => mkdtemp(join(tmpdir(), "millrace-blobs-"));

describeBlobStore("the file system driver", async () => {
  const rootPath = await newRoot();
  const close = () => rm(rootPath, { recursive: true });
  return { store: createFsBlobStore({ rootPath: join(rootPath, "made", "on", "demand") }), close };
});

describe("the file system driver", () => {
  let rootPath: string;
  beforeEach(async () => {
    rootPath = await newRoot();
  });
  afterEach(() => rm(rootPath, { recursive: true }));

  async function* bytes(text: string) {
    yield Buffer.from(text);
  }

  test("a failed write leaves no temporary file", async () => {
    const store = createFsBlobStore({ rootPath });
    const put = store.put(createSegmentKey(randomUUID(), 0), bytes("four"), { byteLength: 5 });
    await expect(put).rejects.toMatchObject({ code: "unavailable" });
    expect(await readdir(join(rootPath, ".unfinished"))).toEqual([]);
  });

  test("a temporary file of a killed process is found and removed, twice too", async () => {
    const store = createFsBlobStore({ rootPath });
    await mkdir(join(rootPath, ".unfinished"));
    await writeFile(join(rootPath, ".unfinished", "left"), "half");
    for await (const write of store.listUnfinished()) {
      expect(write).toMatchObject({ handle: "left" });
      expect(Date.now() - write.startedAt.getTime()).toBeLessThan(60_000);
      await store.removeUnfinished(write);
      await store.removeUnfinished(write);
    }
    expect(await readdir(join(rootPath, ".unfinished"))).toEqual([]);
  });

  test("a link planted in the folder is not followed", async () => {
    const store = createFsBlobStore({ rootPath });
    const key = createSegmentKey(randomUUID(), 0);
    await mkdir(join(rootPath, key.slice(0, 2)));
    await writeFile(join(rootPath, "secret"), "secret");
    await symlink(join(rootPath, "secret"), join(rootPath, key));
    await expect(store.open(key)).rejects.toMatchObject({ code: "unavailable" });
  });

  test("files of others in the folder are not listed", async () => {
    const store = createFsBlobStore({ rootPath });
    const key = createSegmentKey(randomUUID(), 0);
    await store.put(key, bytes("ours"));
    await writeFile(join(rootPath, key.slice(0, 2), "README"), "theirs");
    await writeFile(join(rootPath, "README"), "theirs");
    const keys: string[] = [];
    for await (const segment of store.list()) keys.push(segment.key);
    expect(keys).toEqual([key]);
  });

  test("an empty store lists nothing", async () => {
    const store = createFsBlobStore({ rootPath: join(rootPath, "absent") });
    expect(await store.list()[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
  });

  test("folders that were removed from outside come back after one failed write", async () => {
    const store = createFsBlobStore({ rootPath });
    await store.put(createSegmentKey(randomUUID(), 0), bytes("one"));
    await rm(rootPath, { recursive: true });
    await store.put(createSegmentKey(randomUUID(), 0), bytes("two")).catch(() => {});
    expect(await store.put(createSegmentKey(randomUUID(), 0), bytes("three"))).toEqual({
      bytes: 5,
    });
  });
});
