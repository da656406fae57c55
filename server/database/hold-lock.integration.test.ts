import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Sql } from "./database.ts";
import { holdLock } from "./hold-lock.ts";
import { createTestDatabase, type TestDatabase } from "./testing/test-database.ts";

const LOCK_KEY = 4711;
let copy: TestDatabase;

beforeAll(async () => {
  copy = await createTestDatabase();
});
afterAll(() => copy.drop());

/** The server's process that holds the lock. */
async function findHolder(): Promise<number | null> {
  const [row] = await copy.database.sql<{ pid: number }[]>`
    select pid from pg_locks join pg_database on pg_database.oid = database
    where locktype = 'advisory' and granted and objid = ${LOCK_KEY} and datname = current_database()`;
  return row?.pid ?? null;
}

async function endHolder(): Promise<void> {
  const holder = await findHolder();
  await copy.database.sql`select pg_terminate_backend(${holder}, 5000)`;
}

test("a lock whose connection is lost again while it is being taken is taken once more", async () => {
  let takeCount = 0;
  const take = async (sql: Sql) => {
    takeCount += 1;
    await sql`select pg_advisory_lock(${LOCK_KEY})`;
    if (takeCount === 2) {
      await endHolder();
      // The driver may still write on the connection that is gone; the next statement is on another one.
      await sql`select 1`.catch(() => {});
    }
    return (await sql`select 1`).length === 1;
  };
  const onLost = vi.fn<() => void>();
  const lock = await holdLock({ url: copy.url, take, onLost });
  try {
    await endHolder();
    await vi.waitUntil(async () => takeCount > 2 && (await findHolder()) !== null, {
      timeout: 5_000,
      interval: 10,
    });
    expect(onLost).not.toHaveBeenCalled();
  } finally {
    await lock.release();
  }
  await vi.waitUntil(async () => (await findHolder()) === null, { timeout: 5_000, interval: 10 });
});
