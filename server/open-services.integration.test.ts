import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createTestDatabase, type TestDatabase } from "./database/testing/test-database.ts";
import { readEnvironment } from "./env.ts";
import { openServices } from "./open-services.ts";

let copy: TestDatabase;
let folder: string;

beforeEach(async () => {
  copy = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "millrace-services-"));
});
afterEach(async () => {
  await copy.drop();
  await rm(folder, { recursive: true });
});

const open = (draining: AbortSignal, variables: Record<string, string> = {}) =>
  openServices(readEnvironment({ DATABASE_URL: copy.url, DATA_DIR: folder, ...variables }), {
    onLost: () => {},
    draining,
  });

/** To this test's database, its own among them. */
const connectionCount = async () => {
  const [row] = await copy.database.sql<{ count: number }[]>`
    select count(*)::int as count from pg_stat_activity where datname = current_database()`;
  return row?.count;
};

test("a start that fails in the middle leaves no connection behind", async () => {
  const before = await connectionCount();
  await mkdir(join(folder, "host-id"));
  const opening = open(new AbortController().signal);
  await expect(opening).rejects.toThrow("EISDIR");
  await vi.waitFor(async () => expect(await connectionCount()).toBe(before));
});

test("a wrong DATA_DIR is told before the database is waited for", async () => {
  const file = join(folder, "file");
  await writeFile(file, "");
  const variables = { DATA_DIR: file, DATABASE_URL: "postgres://nobody@127.0.0.1:1/nothing" };
  const opening = open(new AbortController().signal, variables);
  await expect(opening).rejects.toThrow(`DATA_DIR: ${file} is a file or below one`);
});

test("a start that is ended in the middle is given up, and the process leaves the list", async () => {
  const before = await connectionCount();
  const stopping = new AbortController();
  const opening = open(stopping.signal);
  const reason = new Error("The server is stopping");
  await vi.waitFor(async () => {
    expect(await copy.database.sql`select 1 from processes`).toHaveLength(1);
  });
  stopping.abort(reason);
  await expect(opening).rejects.toBe(reason);
  expect(await copy.database.sql`select 1 from processes`).toEqual([]);
  await vi.waitFor(async () => expect(await connectionCount()).toBe(before));
});

test("a database that is away is not waited for once the server is to end", async () => {
  const stopping = new AbortController();
  const DATABASE_URL = "postgres://nobody@127.0.0.1:1/nothing";
  const opening = open(stopping.signal, { DATABASE_URL });
  stopping.abort(new Error("The server is stopping"));
  await expect(opening).rejects.toBe(stopping.signal.reason);
});
