import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { openDatabase } from "./database.ts";
import { createDeathWatch, type Bury, type DeathWatch } from "./death-watch.ts";
import { readOwnOsProcess } from "./os-process.ts";
import { registerProcess } from "./process-registry.ts";
import { startChild } from "./testing/children.ts";
import { openCuttableProxy } from "./testing/cuttable-proxy.ts";
import { createTestDatabase, type TestDatabase } from "./testing/test-database.ts";

let copy: TestDatabase;
let watch: DeathWatch;
const open: { release(): Promise<void> }[] = [];

beforeAll(async () => {
  copy = await createTestDatabase();
});
beforeEach(async () => {
  await register("watcher");
  watch = openWatch();
});
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(open.splice(0).map((registered) => registered.release()));
  await copy.database.sql`delete from processes`;
});
afterAll(() => copy.drop());

async function register(processId: string) {
  const registered = await registerProcess({
    url: copy.url,
    processId,
    hostId: "host",
    roles: ["worker"],
    slots: 2,
    onLost: () => {},
  });
  open.push(registered);
  return registered;
}

const openWatch = (database = copy.database) =>
  createDeathWatch({ database, processId: "watcher" });
const noWork: Bury = async () => {};
const bury = (work: Bury = noWork) => watch.buryDead(work);
const listed = async () =>
  (
    await copy.database.sql<{ id: string }[]>`
      select id from processes where id <> 'watcher' order by id`
  ).map(({ id }) => id);

/** A process that ended without a word on this machine: another one has its pid by now. */
const addDead = (id: string, lockKey: number) =>
  copy.database.sql`
    insert into processes (id, host_id, process_table, pid, start_ticks, lock_key, roles)
    values (${id}, 'host', ${readOwnOsProcess()?.processTable ?? null}, ${process.pid}, 1,
      ${lockKey}, 'worker')`;

/** A process of another host that lost the database. */
const addMissing = (id: string, lockKey: number) =>
  copy.database.sql`
    insert into processes (id, host_id, process_table, pid, start_ticks, lock_key, roles)
    values (${id}, 'other', 'another boot', 1, 1, ${lockKey}, 'worker')`;

const findHolder = async (id: string) => {
  const [row] = await copy.database.sql<{ pid: number }[]>`
    select pg_locks.pid from pg_locks, processes
    where locktype = 'advisory' and granted and id = ${id}
      and (classid::bigint << 32 | objid::bigint) = lock_key`;
  return row?.pid ?? null;
};

/** Ends the connection that holds the lock of that process, and waits until it is held by another one. */
async function cutLockConnection(id: string): Promise<void> {
  const before = await findHolder(id);
  await copy.database.sql`select pg_terminate_backend(${before}, 5000)`;
  const isHeldAnew = async () => ![null, before].includes(await findHolder(id));
  await vi.waitUntil(isHeldAnew, { timeout: 10_000, interval: 10 });
}

/** From here on the clock of the watch stands still but for `pass`. */
const stopClock = () => vi.useFakeTimers({ toFake: ["performance"] });
const pass = (ms: number) => vi.advanceTimersByTime(ms);

test("a living process is listed and never buried", async () => {
  await register("alive");
  expect(await bury()).toEqual([]);
  expect(await listed()).toEqual(["alive"]);
});

test("a process that left in order is forgotten without a burial", async () => {
  const registered = await register("left");
  open.pop();
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

test("a process that runs on this machine is not buried however long its lock is away", async () => {
  stopClock();
  await addDead("runs", 1001);
  await copy.database.sql`
    update processes set start_ticks = ${readOwnOsProcess()?.startTicks ?? 0} where id = 'runs'`;
  expect(await bury()).toEqual([]);
  pass(60_000);
  expect(await bury()).toEqual([]);
});

test("nobody buries himself, even while his lock is away", async () => {
  await copy.database.sql`update processes set lock_key = 1001, start_ticks = 1`;
  expect(await bury()).toEqual([]);
  stopClock();
  pass(60_000);
  expect(await bury()).toEqual([]);
});

test("a process of another host is buried when it is missing for three seconds", async () => {
  stopClock();
  await addMissing("missing", 1001);
  expect(await bury()).toEqual([]);
  pass(2_900);
  expect(await bury()).toEqual([]);
  pass(100);
  expect(await bury()).toEqual(["missing"]);
});

test("a process that came back in between is missed anew from its next absence on", async () => {
  stopClock();
  await addMissing("missing", 1001);
  await bury();
  pass(2_000);
  await copy.database.sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(1001)`;
    expect(await bury()).toEqual([]);
  });
  pass(2_000);
  expect(await bury()).toEqual([]);
  pass(3_000);
  expect(await bury()).toEqual(["missing"]);
});

test("whoever lost its own lock in between starts to count anew", async () => {
  stopClock();
  await addMissing("missing", 1001);
  await bury();
  pass(2_000);
  await cutLockConnection("watcher");
  pass(2_000);
  expect(await bury()).toEqual([]);
  pass(3_000);
  expect(await bury()).toEqual(["missing"]);
});

test("whoever does not hold its own lock buries nobody of another host", async () => {
  stopClock();
  await addMissing("missing", 1001);
  await copy.database.sql`update processes set lock_key = 1002 where id = 'watcher'`;
  for (let look = 0; look < 3; look += 1) {
    expect(await bury()).toEqual([]);
    pass(3_000);
  }
});

test("a look that failed starts the count anew", async () => {
  const proxy = await openCuttableProxy(copy.url);
  const database = openDatabase(proxy.url);
  watch = openWatch(database);
  stopClock();
  try {
    await addMissing("missing", 1001);
    await bury();
    pass(2_000);
    await proxy.cut();
    await expect(bury()).rejects.toThrow("127.0.0.1");
    await proxy.mend();
    pass(2_000);
    expect(await bury()).toEqual([]);
    pass(3_000);
    expect(await bury()).toEqual(["missing"]);
  } finally {
    await proxy.close();
    await database.close();
  }
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
  const watches = Array.from({ length: 6 }, () => openWatch());
  const results = await Promise.all(watches.map((one) => one.buryDead(count)));
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
    expect(await openWatch().buryDead(record)).toEqual(["dead-2"]);
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
