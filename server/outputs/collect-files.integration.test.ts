import { randomBytes } from "node:crypto";
import { appendFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { UNKNOWN_MIME } from "#lib/guess-mime.ts";
import { createExecutionId } from "#lib/ids.ts";
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

test("a file whose name suggests no type is text when it begins so", async () => {
  const files = await collect();
  await mkdir(folder);
  await writeFile(join(folder, "data"), "PK\x03\x04");
  await writeFile(join(folder, "notes"), "plain");
  await files.endTurn();
  expect((await listed()).map(({ mime }) => mime)).toEqual([UNKNOWN_MIME, "text/plain"]);
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

test("a file that grows is seen while it does, and is whole at the end", async () => {
  vi.useFakeTimers({ toFake: ["setInterval"] });
  try {
    const files = await collect();
    files.beginTurn();
    await mkdir(folder);
    const path = join(folder, "build.log");
    await expect
      .poll(async () => {
        // With every look there is more.
        await appendFile(path, "line\n");
        await vi.advanceTimersByTimeAsync(3_000);
        return (await listed()).map(({ state }) => state);
      })
      .toEqual(["writing"]);
    await appendFile(path, "end");
    await files.endTurn();
    await files.endTurn();
    const { length } = await readFile(path);
    expect(await listed()).toMatchObject([{ state: "complete", bytes: length, n: 0 }]);
  } finally {
    vi.useRealTimers();
  }
});

test("a file that grows, and is not seen as the time is over, was not removed", async () => {
  vi.useFakeTimers({ toFake: ["setInterval"] });
  try {
    const files = await collect();
    files.beginTurn();
    await mkdir(folder);
    await expect
      .poll(async () => {
        await appendFile(join(folder, "build.log"), "line\n");
        await vi.advanceTimersByTimeAsync(3_000);
        return portsOf();
      })
      .toEqual(["build.log"]);
    await files.endTurn({ signal: AbortSignal.abort() });
    expect(await errorsOf()).toContain(
      "build.log: The turn ended before the file was stored; the next one brings it",
    );
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

const errorsOf = async () => {
  const rows = await harness.services.database.sql<{ port: string; error: string | null }[]>`
    select port, error from outputs where state = 'incomplete' order by port, n`;
  return rows.map(({ port, error }) => `${port}: ${error}`);
};

test("what does not fit into the quota is told once, and the others come", async () => {
  const files = await collect({ quotaBytes: 100 });
  await mkdir(folder);
  await writeFile(join(folder, "large"), randomBytes(101));
  await writeFile(join(folder, "small"), randomBytes(99));
  await files.endTurn();
  await files.endTurn();
  expect(await listed()).toMatchObject([
    { port: "large", state: "incomplete", bytes: 0 },
    { port: "small", state: "complete", bytes: 99 },
  ]);
  expect(await errorsOf()).toEqual([expect.stringMatching(/^large: .*may take 100 bytes/)]);
  // Nor again by the agent's next process.
  await (await collect({ quotaBytes: 100 })).endTurn();
  expect(await listed()).toHaveLength(2);
});

test("of many refusals some have a row, and one counts the rest", async () => {
  const files = await collect({ quotaBytes: 1 });
  await mkdir(folder);
  for (let n = 0; n < 23; n += 1) await writeFile(join(folder, `file ${n}`), "12");
  await writeFile(join(folder, "a\nb"), "x");
  await files.endTurn();
  const errors = await errorsOf();
  expect(errors).toHaveLength(21);
  expect(errors[0]).toBe(
    '(not brought out): Files were not brought out: 1 have names that no output can have: "a\\nb"; 3 more were refused',
  );
});

test("a file that grows all the time comes as far as it was seen, marked incomplete", async () => {
  const path = join(folder, "growing.log");
  const { blobs } = harness.blobs.context;
  const put = blobs.put.bind(blobs);
  const files = await collect();
  await mkdir(folder);
  await writeFile(path, randomBytes(9_000_000));
  blobs.put = async (...rest) => {
    await appendFile(path, "more");
    return put(...rest);
  };
  await files.endTurn().finally(() => (blobs.put = put));
  const rows = await listed();
  expect(rows).toMatchObject([{ port: "growing.log", state: "incomplete" }]);
  expect(rows[0]!["bytes"]).toBeGreaterThanOrEqual(9_000_008);
  expect(await errorsOf()).toEqual(["growing.log: The file was still being written"]);
  await files.endTurn();
  expect((await listed())[1]).toMatchObject({ port: "growing.log", state: "complete" });
});

test("the end of a turn has a limit; what is left is told of, and comes with the next", async () => {
  const { blobs } = harness.blobs.context;
  const put = blobs.put.bind(blobs);
  const stopping = new AbortController();
  const files = await collect();
  await mkdir(folder);
  files.beginTurn();
  for (const name of ["a", "b"]) await writeFile(join(folder, name), randomBytes(9_000_000));
  blobs.put = async (...rest) => {
    stopping.abort();
    return put(...rest);
  };
  await files.endTurn({ signal: stopping.signal }).finally(() => (blobs.put = put));
  const errors = await errorsOf();
  expect(errors[0]).toContain("1 come with the next turn");
  expect(errors[1]).toContain("The turn ended before the file was stored");
  files.beginTurn();
  await files.endTurn({ limitMs: 60_000 });
  const complete = (await listed()).filter(({ state }) => state === "complete");
  expect(complete.map(({ port }) => port)).toEqual(["a", "b"]);
});

test("files of a turn whose server died come with the next one; what was there before does not", async () => {
  const { sql } = harness.services.database;
  const { sessionId } = harness.target;
  const begin = (id: string) => sql`
    insert into executions (id, session_id, generation, process_id, agent_id, started_at)
    values (${id}, ${sessionId}, 1, 'prc_test', 'agent', clock_timestamp())`;
  await mkdir(folder);
  await writeFile(join(folder, "of the repository"), "old");
  await writeFile(join(folder, "changed"), "old");
  await begin(createExecutionId());
  const killed = await collect();
  await writeFile(join(folder, "stored"), "x");
  await killed.endTurn();
  await writeFile(join(folder, "left"), "x");
  await writeFile(join(folder, "changed"), "new");
  await begin(createExecutionId());
  const files = await collect({ executionId: createExecutionId() });
  await files.endTurn();
  expect((await listed()).map(({ port, n }) => [port, n])).toEqual([
    ["changed", 0],
    ["left", 0],
    ["stored", 0],
  ]);
});
