import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { buryDeadProcesses, registerProcess, type Bury } from "./process-registry.ts";
import { startChild } from "./testing/children.ts";
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

const noWork: Bury = async () => {};
const bury = (work: Bury = noWork) => buryDeadProcesses(copy.database, work);
const listed = async () =>
  (await copy.database.sql<{ id: string }[]>`select id from processes order by id`).map(
    ({ id }) => id,
  );

/** A row whose process has no lock. */
const addDead = (id: string, lockKey: number) =>
  copy.database.sql`
    insert into processes (id, host_id, lock_key, roles) values (${id}, 'host', ${lockKey}, 'worker')`;

/** Ends the connection that holds the lock of that process, as a server restart or a network failure does. */
const cutLockConnection = (id: string) =>
  copy.database.sql`
    select pg_terminate_backend(pid) from pg_locks, processes
    where locktype = 'advisory' and granted and id = ${id}
      and (classid::bigint << 32 | objid::bigint) = lock_key`;

/** The server's process that holds the lock of that process of ours; null when nobody does. */
async function findLockHolder(id: string): Promise<number | null> {
  const [row] = await copy.database.sql<{ pid: number }[]>`
    select pid from pg_locks, processes
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

test("a living process is listed and never buried", async () => {
  await register("alive");
  expect(await bury()).toEqual([]);
  expect(await listed()).toEqual(["alive"]);
});

test("a process that left in order is forgotten without a burial", async () => {
  const registered = await register("left");
  open.length = 0;
  await registered.release();
  expect(await listed()).toEqual([]);
  expect(await bury()).toEqual([]);
});

test("a process that is killed is buried within a second, the living one beside it is not", async () => {
  await register("alive");
  const child = await startChild({ file: "registered-child.ts", args: [copy.url, "killed"] });
  expect(await bury()).toEqual([]);

  const killedAtMs = Date.now();
  await child.kill();
  await vi.waitUntil(async () => (await bury()).includes("killed"), {
    timeout: 1_000,
    interval: 10,
  });
  expect(Date.now() - killedAtMs).toBeLessThan(1_000);
  expect(await listed()).toEqual(["alive"]);
});

test("a process is never seen as dead while it registers", async () => {
  const registering = { isDone: false };
  const undertaker = (async () => {
    const buried: string[] = [];
    while (!registering.isDone) buried.push(...(await bury()));
    return buried;
  })();
  for (let number = 0; number < 20; number += 1) await register(`new-${number}`);
  registering.isDone = true;
  expect(await undertaker).toEqual([]);
});

test("of many undertakers at once exactly one buries", async () => {
  await addDead("dead", 1001);
  let burials = 0;
  const count: Bury = async () => {
    burials += 1;
  };
  const results = await Promise.all(Array.from({ length: 6 }, () => bury(count)));
  expect(results.flat()).toEqual(["dead"]);
  expect(burials).toBe(1);
});

test("an undertaker whose list is old leaves alone what another has buried since", async () => {
  await addDead("dead-1", 1001);
  await addDead("dead-2", 1002);
  const burials: string[] = [];
  const record: Bury = async (processId) => {
    burials.push(processId);
  };
  const withAnother: Bury = async (processId, tx) => {
    await record(processId, tx);
    expect(await bury(record)).toEqual(["dead-2"]);
  };
  expect(await bury(withAnother)).toEqual(["dead-1"]);
  expect(burials).toEqual(["dead-1", "dead-2"]);
});

test("a burial that fails is undone and tried again; the next process is buried all the same", async () => {
  await addDead("dead-1", 1001);
  await addDead("dead-2", 1002);
  const failFirst: Bury = async (processId, tx) => {
    await tx`insert into processes (id, host_id, lock_key, roles) values (${`${processId}-trace`}, 'host', 2000, '')`;
    if (processId === "dead-1") throw new Error("cannot");
    await tx`delete from processes where id = ${`${processId}-trace`}`;
  };
  await expect(bury(failFirst)).rejects.toThrow("1 dead process(es) could not be buried");
  expect(await listed()).toEqual(["dead-1"]);
  expect(await bury()).toEqual(["dead-1"]);
});

test("a process whose connection was cut before the undertaker came takes its lock again", async () => {
  const onLost = vi.fn<() => void>();
  await register("cut", onLost);
  const holder = await findLockHolder("cut");
  await cutLockConnection("cut");
  const isHeldAnew = async () => {
    const now = await findLockHolder("cut");
    return now !== null && now !== holder;
  };
  await vi.waitUntil(isHeldAnew, { timeout: 10_000, interval: 10 });
  expect(await bury()).toEqual([]);
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
