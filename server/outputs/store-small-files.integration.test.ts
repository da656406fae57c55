import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listFiles } from "./list-files.ts";
import { storeSmallFiles } from "./store-small-files.ts";
import { loseAnswers, loseDatabase } from "./testing/lost-answers.ts";
import { useOutputsTest } from "./testing/use-outputs-test.ts";

const harness = useOutputsTest();
let basePath: string;
const within = "outputs";

beforeEach(async () => {
  basePath = await mkdtemp(join(tmpdir(), "millrace-files-"));
  await mkdir(join(basePath, within));
});
afterEach(() => rm(basePath, { recursive: true }));

const write = (name: string, content: string) => writeFile(join(basePath, within, name), content);
const list = async () => (await listFiles({ basePath, within })).files;

async function store(
  files: Awaited<ReturnType<typeof list>>,
  quotaBytes?: number,
  services = harness.services,
) {
  const stored: string[] = [];
  const left = await storeSmallFiles(services, {
    folder: { basePath, within },
    target: { ...harness.target, ...(quotaBytes !== undefined && { quotaBytes }) },
    files,
    onStored: ({ port }) => stored.push(port),
    signal: new AbortController().signal,
  });
  return { stored: stored.toSorted(), left: left.map(({ port }) => port).toSorted() };
}

const readSession = async () => {
  const [session] = await harness.services.database.sql`
    select revision::int, output_count as count, output_bytes::int as bytes,
      output_seq::int as "lastSeq"
    from sessions where id = ${harness.target.sessionId}`;
  return session!;
};
const readRows = () => harness.services.database.sql`
  select port, state, seq::int, bytes::int, sha256, convert_from(value, 'utf8') as value,
    blob_id as "blobId" from outputs order by port`;

test("many small files come in few transactions, each with a position of its own", async () => {
  for (let index = 0; index < 150; index += 1) await write(`${index}.txt`, `file ${index}`);
  const before = await readSession();
  const { stored, left } = await store(await list());
  expect([stored.length, left]).toEqual([150, []]);

  const rows = await readRows();
  for (const { port, value, state, blobId } of rows)
    expect([value, state, blobId]).toEqual([`file ${Number.parseInt(port)}`, "complete", null]);
  const positions = rows.map(({ seq }) => Number(seq));
  expect(new Set(positions).size).toBe(150);
  const after = await readSession();
  expect(after).toMatchObject({
    count: 150,
    bytes: rows.reduce((sum, { bytes }) => sum + Number(bytes), 0),
    lastSeq: Math.max(...positions),
  });
  expect(after["revision"] - before["revision"]).toBeLessThanOrEqual(4);
});

test("what has changed since it was listed, and what is large, is left", async () => {
  await write("changed.txt", "as listed");
  await write("gone.txt", "as listed");
  await write("large.txt", "x".repeat(70_000));
  await write("same.txt", "as listed");
  const files = await list();
  await write("changed.txt", "not as it was listed");
  await rm(join(basePath, within, "gone.txt"));
  expect(await store(files)).toEqual({
    stored: ["same.txt"],
    left: ["changed.txt", "gone.txt", "large.txt"],
  });
});

test("of files that do not fit together none is stored, and nothing is counted", async () => {
  for (const name of ["a", "b", "c"]) await write(name, "x".repeat(60));
  expect(await store(await list(), 150)).toEqual({ stored: [], left: ["a", "b", "c"] });
  expect(await readRows()).toEqual([]);
  expect(await readSession()).toMatchObject({ count: 0, bytes: 0 });
});

test("files whose commit came through are stored once, though its answer was lost", async () => {
  for (const name of ["a", "b"]) await write(name, name);
  const services = loseAnswers(harness.services);
  expect(await store(await list(), undefined, services)).toEqual({ stored: ["a", "b"], left: [] });
  expect(await readSession()).toMatchObject({ count: 2, bytes: 2 });
});

test("files are stored and charged once though the database goes away among them (#6)", async () => {
  for (let index = 0; index < 150; index += 1) await write(`${index}.txt`, "x");
  const files = await list();
  const told = new Set<string>();
  const look = (services = harness.services) =>
    storeSmallFiles(services, {
      folder: { basePath, within },
      target: harness.target,
      files: files.filter(({ port }) => !told.has(port)),
      onStored: ({ port }) => told.add(port),
      signal: new AbortController().signal,
    });
  await expect(look(loseDatabase(harness.services))).rejects.toThrow("The connection is lost");
  expect([told.size, (await readRows()).length]).toEqual([64, 128]);

  expect(await look()).toEqual([]);
  expect(told.size).toBe(150);
  expect((await readRows()).length).toBe(150);
  expect(await readSession()).toMatchObject({ count: 150, bytes: 150 });
});
