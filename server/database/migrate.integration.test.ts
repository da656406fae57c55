import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDatabase, type Database } from "./database.ts";
import { findProjectRoot } from "./find-project-root.ts";
import { migrate } from "./migrate.ts";
import { createTestDatabase, type TestDatabase } from "./testing/test-database.ts";

let copy: TestDatabase;
let folder: string;

beforeEach(async () => {
  copy = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "millrace-migrations-"));
});

afterEach(async () => {
  await copy.drop();
  await rm(folder, { recursive: true });
});

/** The project's migrations and one more with the given statement. */
async function migrationsWith(statement: string): Promise<string> {
  const migrationsPath = join(folder, "migrations");
  await cp(join(findProjectRoot(), "drizzle", "migrations"), migrationsPath, { recursive: true });
  const journalPath = join(migrationsPath, "meta", "_journal.json");
  const journal = JSON.parse(await readFile(journalPath, "utf8")) as { entries: object[] };
  journal.entries.push({
    idx: 99,
    version: "7",
    when: Date.now(),
    tag: "0099_added",
    breakpoints: true,
  });
  await writeFile(journalPath, JSON.stringify(journal));
  await writeFile(join(migrationsPath, "0099_added.sql"), statement);
  return migrationsPath;
}

async function emptyDatabase({ sql }: Database): Promise<void> {
  await sql`drop schema public cascade`;
  await sql`drop schema drizzle cascade`;
  await sql`create schema public`;
}

async function withFourProcesses(work: (database: Database) => Promise<void>): Promise<void> {
  const databases = Array.from({ length: 4 }, () => openDatabase(copy.url, { maxConnections: 2 }));
  try {
    await Promise.all(databases.map(work));
  } finally {
    await Promise.all(databases.map((database) => database.close()));
  }
}

const countApplied = async () =>
  (await copy.database.sql`select 1 from drizzle.__drizzle_migrations`).length;

test("four processes migrate an empty database at once, each migration runs once", async () => {
  const applied = await countApplied();
  await emptyDatabase(copy.database);
  await withFourProcesses((database) => migrate(database));
  expect(await countApplied()).toBe(applied);
  expect(await copy.database.sql`select 1 from sessions`).toEqual([]);
});

test("four processes on a migrated database change nothing", async () => {
  const applied = await countApplied();
  await withFourProcesses((database) => migrate(database));
  expect(await countApplied()).toBe(applied);
});

test("needs one connection only", async () => {
  await emptyDatabase(copy.database);
  const database = openDatabase(copy.url, { maxConnections: 1 });
  await migrate(database);
  await database.close();
  expect(await countApplied()).toBeGreaterThan(0);
});

test("an error names the migration and leaves nothing of it", async () => {
  const migrationsPath = await migrationsWith(
    "create table half_done (id int);--> statement-breakpoint\nselect no_such_column",
  );
  await expect(migrate(copy.database, { migrationsPath })).rejects.toThrow(
    /0099_added.*no_such_column/,
  );
  await expect(copy.database.sql`select 1 from half_done`).rejects.toThrow(/does not exist/);
});

test("a database that a newer release has migrated is refused", async () => {
  await migrate(copy.database, {
    migrationsPath: await migrationsWith("create table newer (id int)"),
  });
  await expect(migrate(copy.database)).rejects.toThrow(/newer or another release/);
});
