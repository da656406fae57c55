import { randomBytes } from "node:crypto";
import { inject } from "vitest";
import { LOCK_SPACE, lockNumbers } from "#server/database/advisory-locks.ts";
import { openDatabase, type Database } from "#server/database/database.ts";
import { withDatabaseName } from "./database-url.ts";

export interface TestDatabase {
  database: Database;
  url: string;
  /** Ends the connections of everybody and removes the database. */
  drop(): Promise<void>;
}

/** A database of its own with all migrations and no rows: a copy of the run's template, made in some 30 ms. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = inject("testServerUrl");
  const template = inject("testDatabasePrefix");
  const name = `${template}_${randomBytes(6).toString("hex")}`;

  await withServer(serverUrl, async ({ sql }) => {
    // PostgreSQL refuses to copy a template that another copy is reading.
    await sql`select pg_advisory_lock(${LOCK_SPACE}, ${lockNumbers.copyTestTemplate})`;
    await sql`create database ${sql(name)} template ${sql(template)}`;
  });
  const url = withDatabaseName(serverUrl, name);
  const database = openDatabase(url);
  const drop = async () => {
    await database.close();
    await withServer(
      serverUrl,
      ({ sql }) => sql`drop database if exists ${sql(name)} with (force)`,
    );
  };
  return { database, url, drop };
}

/** One connection, so that a lock taken in `use` is held until the end. */
async function withServer(url: string, use: (server: Database) => Promise<unknown>): Promise<void> {
  const server = openDatabase(url, { maxConnections: 1 });
  try {
    await use(server);
  } finally {
    await server.close();
  }
}
