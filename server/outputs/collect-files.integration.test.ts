import { randomBytes } from "node:crypto";
import { appendFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { collectFiles, type CollectedFolder, type FileCollector } from "./collect-files.ts";
import { useOutputsTest } from "./testing/use-outputs-test.ts";

const harness = useOutputsTest();
let root: string;
let repositoryPath: string;
let folder: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "millrace-files-"));
  repositoryPath = join(root, "repository");
  folder = join(repositoryPath, "outputs");
  await mkdir(repositoryPath);
});
afterEach(() => rm(root, { recursive: true }));

const collect = (options: Partial<CollectedFolder> = {}): Promise<FileCollector> =>
  collectFiles(harness.services, { ...harness.target, basePath: root, ...options });

const listed = async () => {
  const rows = await harness.services.database.sql<Record<string, unknown>[]>`
    select port, name, mime, state, bytes::int, source, n from outputs order by port, n`;
  return [...rows];
};
const portsOf = async () => (await listed()).map(({ port }) => port);

test("what was written in a turn is brought out at its end; what lay there before is not", async () => {
  await mkdir(folder);
  await writeFile(join(folder, "of the repository.txt"), "old");
  const files = await collect();
  files.beginTurn();
  await mkdir(join(folder, "shots"));
  await writeFile(join(folder, "shots/1.png"), randomBytes(70_000));
  await writeFile(join(folder, "report.md"), "# Report");
  await writeFile(join(repositoryPath, "elsewhere.txt"), "no");
  await files.endTurn();
  expect(await listed()).toEqual([
    {
      port: "report.md",
      name: "report.md",
      mime: "text/markdown",
      state: "complete",
      bytes: 8,
      source: "file",
      n: 0,
    },
    {
      port: "shots/1.png",
      name: "1.png",
      mime: "image/png",
      state: "complete",
      bytes: 70_000,
      source: "file",
      n: 0,
    },
  ]);
});

test("only what changed comes out of the next turn, as the next one of its name", async () => {
  const files = await collect();
  await mkdir(folder);
  await writeFile(join(folder, "a.txt"), "one");
  await writeFile(join(folder, "b.txt"), "one");
  await files.endTurn();
  await files.endTurn();
  await appendFile(join(folder, "a.txt"), " two");
  await files.endTurn();
  expect((await listed()).map(({ port, n, bytes }) => [port, n, bytes])).toEqual([
    ["a.txt", 0, 3],
    ["a.txt", 1, 7],
    ["b.txt", 0, 3],
  ]);
});

test("a file that rests comes out while the turn goes on", async () => {
  vi.useFakeTimers({ toFake: ["setInterval"] });
  try {
    const files = await collect();
    files.beginTurn();
    await mkdir(folder);
    await writeFile(join(folder, "early.txt"), "x");
    await expect
      .poll(async () => {
        await vi.advanceTimersByTimeAsync(3_000);
        return portsOf();
      })
      .toEqual(["early.txt"]);
    await files.endTurn();
    expect(await portsOf()).toEqual(["early.txt"]);
  } finally {
    vi.useRealTimers();
  }
});

test("links and things that are no files lead nowhere", async () => {
  const files = await collect();
  const secret = join(root, "secret");
  await mkdir(secret);
  await writeFile(join(secret, "key.txt"), "secret");
  await mkdir(folder);
  await symlink(join(secret, "key.txt"), join(folder, "link.txt"));
  await symlink(secret, join(folder, "linked"));
  execFileSync("/usr/bin/mkfifo", [join(folder, "pipe")]);
  await writeFile(join(folder, "plain.txt"), "x");
  await files.endTurn();
  expect(await portsOf()).toEqual(["plain.txt"]);
});

test("a file that is written on while it is read is read again, and nothing is left of the first time", async () => {
  const path = join(folder, "busy.log");
  const { blobs } = harness.blobs.context;
  const put = blobs.put.bind(blobs);
  const files = await collect();
  await mkdir(folder);
  await writeFile(path, randomBytes(9_000_000));
  let isFirst = true;
  blobs.put = async (...rest) => {
    if (isFirst) await appendFile(path, "more");
    isFirst = false;
    return put(...rest);
  };
  await files.endTurn();
  blobs.put = put;
  expect(await listed()).toMatchObject([{ port: "busy.log", state: "complete", bytes: 9_000_004 }]);
});

test("what does not fit into the quota is left out, and the others come", async () => {
  const files = await collect({ quotaBytes: 100 });
  await mkdir(folder);
  await writeFile(join(folder, "large"), randomBytes(101));
  await writeFile(join(folder, "small"), randomBytes(99));
  await files.endTurn();
  expect(await portsOf()).toEqual(["small"]);
});
