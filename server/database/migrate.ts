import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readMigrationFiles, type MigrationMeta } from "drizzle-orm/migrator";
import { LOCK_SPACE, lockNumbers } from "./advisory-locks.ts";
import type { Database, TransactionSql } from "./database.ts";
import { findProjectRoot } from "./find-project-root.ts";

interface Migration extends MigrationMeta {
  /** Name of the file without `.sql`. */
  tag: string;
}

/**
 * Brings the database to this release: applies what is missing of `drizzle/migrations`, all or nothing. Safe to run
 * twice and by many processes at once: drizzle's own `migrate()` is not, so this one does the work inside one
 * transaction that holds an advisory lock. Keeps drizzle's table, so drizzle-kit's tools work on it.
 * An error names the migration. Refuses a database that a newer release has migrated.
 */
export async function migrate(
  { sql }: Pick<Database, "sql">,
  { migrationsPath = join(findProjectRoot(), "drizzle", "migrations") } = {},
): Promise<void> {
  const migrations = readMigrations(migrationsPath);
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${LOCK_SPACE}, ${lockNumbers.migrate})`;
    const applied = await readAppliedTimes(tx);
    refuseUnknown(applied, migrations);
    for (const migration of migrations) {
      if (!applied.has(migration.folderMillis)) await apply(tx, migration);
    }
  });
}

function readMigrations(migrationsPath: string): Migration[] {
  const journal: { entries: { tag: string }[] } = JSON.parse(
    readFileSync(join(migrationsPath, "meta", "_journal.json"), "utf8"),
  );
  // drizzle returns the files in the order of the journal, without their names.
  return readMigrationFiles({ migrationsFolder: migrationsPath }).map((migration, position) => ({
    ...migration,
    tag: journal.entries[position]?.tag ?? `number ${position}`,
  }));
}

/** The `when` of the journal for each migration that is in; drizzle has them as its only identity. */
async function readAppliedTimes(tx: TransactionSql): Promise<Set<number>> {
  await tx`create schema if not exists drizzle`;
  await tx`create table if not exists drizzle.__drizzle_migrations (
    id serial primary key, hash text not null, created_at bigint)`;
  const rows = await tx<{ createdAt: string }[]>`
    select created_at as "createdAt" from drizzle.__drizzle_migrations`;
  return new Set(rows.map((row) => Number(row.createdAt)));
}

function refuseUnknown(applied: Set<number>, migrations: Migration[]): void {
  const known = new Set(migrations.map((migration) => migration.folderMillis));
  const unknown = [...applied].filter((time) => !known.has(time));
  if (unknown.length === 0) return;
  throw new Error(
    `The database has ${unknown.length} migration(s) that this release of Millrace does not know: ` +
      "it belongs to a newer or another release",
  );
}

async function apply(
  tx: TransactionSql,
  { tag, sql: statements, hash, folderMillis }: Migration,
): Promise<void> {
  try {
    for (const statement of statements) await tx.unsafe(statement);
    await tx`insert into drizzle.__drizzle_migrations (hash, created_at) values (${hash}, ${folderMillis})`;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Migration ${tag} failed: ${reason}`, { cause });
  }
}
