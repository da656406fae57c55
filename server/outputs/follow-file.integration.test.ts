import { randomBytes } from "node:crypto";
import { appendFile, mkdir, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FollowedFile, followFile, hasGrown } from "./follow-file.ts";
import { type FoundFile, listFiles } from "./list-files.ts";
import { useOutputsTest } from "./testing/use-outputs-test.ts";

const harness = useOutputsTest();
let basePath: string;
let path: string;

beforeEach(async () => {
  basePath = await mkdtemp(join(tmpdir(), "millrace-growing-"));
  await mkdir(join(basePath, "outputs"));
  path = join(basePath, "outputs/build.log");
  await writeFile(path, "one ");
});
afterEach(() => rm(basePath, { recursive: true }));

const folder = () => ({ basePath, within: "outputs" });

async function look(): Promise<FoundFile> {
  const { files } = await listFiles(folder());
  return files[0]!;
}

async function follow({
  signal = new AbortController().signal,
  ...options
}: { signal?: AbortSignal; quotaBytes?: number } = {}): Promise<FollowedFile> {
  const target = { ...harness.target, thresholdBytes: 0, ...options };
  return followFile(harness.services, { folder: folder(), target, file: await look(), signal });
}

const rows = async () => [
  ...(await harness.services.database.sql<{ id: string; state: string; version: string }[]>`
    select id, state, file_version as version from outputs order by id`),
];

test("what is added is stored as it comes, and the whole is what the file is", async () => {
  const followed = await follow();
  expect(await followed.readOn(await look())).toBe(true);
  const [row] = await rows();
  await expect.poll(async () => (await harness.read(row!.id)).bytes).toBe(4);
  await appendFile(path, randomBytes(200_000));
  expect(await followed.readOn(await look())).toBe(true);
  await appendFile(path, "end");
  const last = await look();
  expect(await followed.finish(last)).toBe(last.version);
  expect(await rows()).toEqual([{ id: row!.id, state: "complete", version: last.version }]);
  expect((await harness.bytesOf(row!.id)).equals(await readFile(path))).toBe(true);
});

test("nothing is left of a file that was changed where it was read already, or became another", async () => {
  const changed = await follow();
  await changed.readOn(await look());
  const file = await open(path, "r+");
  await file.write("ONE and more", 0);
  await file.close();
  expect(await changed.finish(await look())).toBeNull();
  expect(await rows()).toEqual([]);

  const cut = await follow();
  await cut.readOn(await look());
  await writeFile(path, "1");
  expect(await cut.readOn(await look())).toBe(false);
  expect(await rows()).toEqual([]);

  const replaced = await follow();
  await rm(path);
  await mkdir(join(basePath, "outputs/other"));
  await writeFile(path, "another file");
  expect(await replaced.finish({ ...(await look()), identity: "1 1" })).toBeNull();
  expect(await rows()).toEqual([]);
});

test("what cannot go on stays as far as it came", async () => {
  const followed = await follow();
  await followed.readOn(await look());
  await followed.cut(new Error("x"));
  expect(await rows()).toMatchObject([{ state: "incomplete" }]);
});

test("a file that has no room any more while it grows leaves nothing, nor begins without it", async () => {
  await expect(follow({ quotaBytes: 3 })).rejects.toMatchObject({ code: "too_large" });
  const followed = await follow({ quotaBytes: 100 });
  await followed.readOn(await look());
  await appendFile(path, randomBytes(200));
  await expect(followed.readOn(await look())).rejects.toMatchObject({ code: "too_large" });
  expect(await rows()).toEqual([]);
  const { sql } = harness.services.database;
  expect([
    ...(await sql`
      select output_count as count, output_bytes::int as bytes from sessions
      where id = ${harness.target.sessionId}`),
  ]).toEqual([{ count: 0, bytes: 0 }]);
});

test("what the end of a turn breaks off stays; what fails at the end is told of that version", async () => {
  const stopping = new AbortController();
  const stopped = await follow({ signal: stopping.signal });
  stopping.abort();
  await expect(stopped.readOn(await look())).rejects.toThrow("aborted");
  expect(await rows()).toMatchObject([{ state: "incomplete" }]);

  const followed = await follow({ quotaBytes: 100 });
  await appendFile(path, randomBytes(200));
  const last = await look();
  await expect(followed.finish(last)).rejects.toMatchObject({ code: "too_large" });
  expect((await rows())[1]).toMatchObject({ state: "incomplete", version: last.version });
});

test("a file grows where the same one has more in it", async () => {
  const before = await look();
  expect(hasGrown(before, before)).toBe(false);
  await appendFile(path, "x");
  const after = await look();
  expect([hasGrown(before, after), hasGrown(after, before), hasGrown(undefined, after)]).toEqual([
    true,
    false,
    false,
  ]);
  expect(hasGrown({ ...before, identity: "1 1" }, after)).toBe(false);
});
