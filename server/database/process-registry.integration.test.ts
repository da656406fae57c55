import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { readOwnOsProcess } from "./os-process.ts";
import { registerProcess } from "./process-registry.ts";
import { createTestDatabase, type TestDatabase } from "./testing/test-database.ts";

let copy: TestDatabase;
const open: { release(): Promise<void> }[] = [];

beforeAll(async () => {
  copy = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((registered) => registered.release()));
  await copy.database.sql`delete from processes`;
});
afterAll(() => copy.drop());

async function register(processId: string, onLost = () => {}) {
  const registered = await registerProcess({
    url: copy.url,
    processId,
    hostId: "host",
    roles: ["web", "worker"],
    slots: 2,
    onLost,
  });
  open.push(registered);
  return registered;
}

/** Ends the connection that holds the lock of that process, as a server restart or a network failure does. */
const cutLockConnection = (id: string) =>
  copy.database.sql`
    select pg_terminate_backend(pg_locks.pid) from pg_locks, processes
    where locktype = 'advisory' and granted and id = ${id}
      and (classid::bigint << 32 | objid::bigint) = lock_key`;

/** The server's process that holds the lock of that process of ours; null when nobody does. */
async function findLockHolder(id: string): Promise<number | null> {
  const [row] = await copy.database.sql<{ pid: number }[]>`
    select pg_locks.pid from pg_locks, processes
    where locktype = 'advisory' and granted and id = ${id}
      and (classid::bigint << 32 | objid::bigint) = lock_key`;
  return row?.pid ?? null;
}

const countWaiting = async () =>
  (
    await copy.database.sql`
      select 1 from pg_locks join pg_database on pg_database.oid = database
      where locktype = 'advisory' and not granted and datname = current_database()`
  ).length;

test("a registered process is listed with what the system knows it by, until it left in order", async () => {
  const registered = await register("listed");
  open.length = 0;
  expect(await copy.database.sql`select id, pid, slots from processes`).toEqual([
    { id: "listed", pid: readOwnOsProcess()?.pid ?? null, slots: 2 },
  ]);
  await registered.release();
  expect(await copy.database.sql`select id from processes`).toEqual([]);
});

test("a process whose connection was cut takes its lock again", async () => {
  const onLost = vi.fn<() => void>();
  await register("cut", onLost);
  const holder = await findLockHolder("cut");
  await cutLockConnection("cut");
  const isHeldAnew = async () => {
    const now = await findLockHolder("cut");
    return now !== null && now !== holder;
  };
  await vi.waitUntil(isHeldAnew, { timeout: 10_000, interval: 10 });
  expect(onLost).not.toHaveBeenCalled();
});

test("a process that was buried while its connection was away learns that it is lost", async () => {
  const onLost = vi.fn<() => void>();
  await register("buried", onLost);
  const [row] = await copy.database.sql<{ lockKey: string }[]>`
    select lock_key as "lockKey" from processes where id = 'buried'`;
  await copy.database.sql.begin(async (tx) => {
    // Next in line for the lock, so that the process finds a burial in progress when it comes back.
    const locked = tx`select pg_advisory_xact_lock(${row?.lockKey ?? ""})`.execute();
    await vi.waitUntil(async () => (await countWaiting()) === 1, { interval: 10 });
    await cutLockConnection("buried");
    await locked;
    await tx`delete from processes where id = 'buried'`;
    expect(onLost).not.toHaveBeenCalled();
  });
  await vi.waitUntil(() => onLost.mock.calls.length === 1, { timeout: 10_000, interval: 10 });
  open.length = 0;
});
