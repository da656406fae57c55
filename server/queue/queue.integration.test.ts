import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { createDeferred } from "#lib/create-deferred.ts";
import { AppError } from "#lib/errors.ts";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import { type Bus, openBus } from "#server/live/bus.ts";
import { transact } from "#server/live/transact.ts";
import { log } from "#server/log.ts";
import { defineJob, type JobHandler } from "./define-job.ts";
import { openQueue, type Queue } from "./queue.ts";
import { releaseJobsOfDeadProcess } from "./running-jobs.ts";
import { createSlots } from "./slots.ts";

const job = defineJob({
  name: "grind",
  payload: z.object({ sack: z.number() }),
  maxAttempts: 3,
  expiresInSeconds: 600,
});
type Sack = z.infer<typeof job.payload>;

let copy: TestDatabase;
let bus: Bus;
let queue: Queue;

beforeEach(async () => {
  copy = await createTestDatabase();
  const { database, url: databaseUrl } = copy;
  bus = await openBus({ databaseUrl, database, processId: "prc_1", log, hasPeers: () => true });
  queue = await openQueue({ database, databaseUrl, bus, processId: "prc_1", log, supervise: true });
});
afterEach(async () => {
  await queue.stop({ timeoutMs: 1_000 });
  await bus.close();
  await copy.drop();
});

const services = () => ({ database: copy.database, bus });
const enqueue = (sack: number) =>
  transact(services(), (tx) => queue.enqueue(job, { sack }, { tx }));
const work = (handler: JobHandler<Sack>, concurrency = 1) =>
  queue.work(job, handler, { concurrency });
const states = async () => {
  const rows = await copy.database.sql<{ name: string; state: string }[]>`
    select name, state::text from pgboss.job order by name`;
  return rows.map(({ name, state }) => `${name} ${state}`);
};

test("a job exists when its transaction commits, and not when it does not", async () => {
  const ground: number[] = [];
  await work(async ({ payload }) => void ground.push(payload.sack));
  await transact(services(), async (tx) => {
    await queue.enqueue(job, { sack: 1 }, { tx });
    throw new Error("roll back");
  }).catch(() => {});
  await enqueue(2);
  await expect.poll(() => ground).toEqual([2]);
  await expect.poll(states).toEqual(["grind completed"]);
  await expect.poll(() => copy.database.sql`select 1 from running_jobs`).toHaveLength(0);
});

test("a job inside the caller's own statement lives and dies with it", async () => {
  const ground: number[] = [];
  await work(async ({ payload }) => void ground.push(payload.sack));
  const { sql } = copy.database;
  const failing = await queue.describeInsert(job, { sack: 1 });
  await expect(sql`with job as (${failing.insert}) select 1 / 0`).rejects.toThrow("division");
  const { insert, news } = await queue.describeInsert(job, { sack: 2 });
  const [row] = await sql`with job as (${insert}) select ${"beside"} as text`;
  expect(row).toEqual({ text: "beside" });
  bus.tell(news);
  await expect.poll(() => ground).toEqual([2]);
});

test.each([
  ["invalid_input", ["dead-letters created", "grind failed"]],
  ["forbidden", ["dead-letters created", "grind failed"]],
  ["gone", ["grind completed"]],
] as const)("an error of the code %s is final", async (code, expected) => {
  let count = 0;
  await work(async () => {
    count += 1;
    throw new AppError(code, "No");
  });
  await enqueue(1);
  await expect.poll(states).toEqual(expected);
  expect(count).toBe(1);
});

test.each([new AppError("unavailable", "Later"), new Error("Who knows")])(
  "%s is tried again until the attempts are used up",
  async (error) => {
    let count = 0;
    await work(async () => {
      count += 1;
      throw error;
    });
    await enqueue(1);
    await expect
      .poll(states, { timeout: 20_000 })
      .toEqual(["dead-letters created", "grind failed"]);
    expect(count).toBe(job.maxAttempts);
  },
);

test("a malformed payload goes to the dead letters at once, and does not reach the handler", async () => {
  let count = 0;
  await work(async () => void (count += 1));
  await transact(services(), (tx) => queue.enqueue(job, { sack: "full" } as never, { tx }));
  await expect.poll(states).toEqual(["dead-letters created", "grind failed"]);
  expect(count).toBe(0);
});

test("the jobs of a dead process are fetched again at once, by their next attempt only", async () => {
  let count = 0;
  const { promise, resolve } = createDeferred<void>();
  await work(async () => {
    count += 1;
    if (count === 1) await promise;
  }, 2);
  await enqueue(1);
  await expect.poll(() => count).toBe(1);
  const queueNames = await copy.database.sql.begin((tx) => releaseJobsOfDeadProcess(tx, "prc_1"));
  expect(queueNames).toEqual(["grind"]);
  bus.tell({ kind: "job", queueName: "grind" });
  await expect.poll(() => count).toBe(2);
  // The first attempt ends later: what it says no longer counts.
  resolve();
  await expect.poll(states).toEqual(["grind completed"]);
});

test("no more jobs run at one time than were asked for", async () => {
  let running = 0;
  let most = 0;
  let ended = 0;
  await work(async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    ended += 1;
  }, 3);
  for (let sack = 0; sack < 30; sack += 1) await enqueue(sack);
  await expect.poll(() => ended, { timeout: 20_000 }).toBe(30);
  expect(most).toBeLessThanOrEqual(3);
});

test("a job that does not end when the queue stops is aborted and done again by somebody else", async () => {
  const { promise: begun, resolve: begin } = createDeferred<AbortSignal>();
  await work(async ({ signal }) => {
    begin(signal);
    await new Promise(() => {});
  });
  await enqueue(1);
  const signal = await begun;
  await queue.stop({ timeoutMs: 1 });
  expect(signal.aborted).toBe(true);
  expect(await states()).toEqual(["grind retry"]);
});

test("a job whose queue others share is fetched by who has a slot, in whichever queue it lies", async () => {
  const slots = createSlots(1);
  const free = await slots.take(new AbortController().signal);
  const ground: number[] = [];
  await queue.work(job, async ({ payload }) => void ground.push(payload.sack), {
    concurrency: slots,
    queueNames: ["grind-here", "grind"],
  });
  await transact(services(), async (tx) => {
    await queue.enqueue(job, { sack: 1 }, { tx, queueName: "grind-here" });
    await queue.enqueue(job, { sack: 2 }, { tx });
  });
  const created = async () => (await states()).toSorted();
  expect(await created()).toEqual(["grind created", "grind-here created"]);
  free();
  await expect.poll(created).toEqual(["grind completed", "grind-here completed"]);
  expect(ground).toEqual([1, 2]);
});

test("a queue that cannot be opened leaves nothing running", async () => {
  const { database, url: databaseUrl } = copy;
  await queue.stop({ timeoutMs: 1_000 });
  const connections = async () => {
    const rows = await database.sql<{ pid: number }[]>`
      select pid from pg_stat_activity
      where datname = current_database() and query ilike '%pgboss%' and pid <> pg_backend_pid()`;
    return rows.map(({ pid }) => pid);
  };
  const before = await connections();
  await database.sql`alter function pgboss.create_queue rename to create_no_queue`;
  const options = { database, databaseUrl, bus, processId: "prc_2", log, supervise: true };
  await expect(openQueue(options)).rejects.toThrow("create_queue");
  await expect
    .poll(async () => (await connections()).filter((pid) => !before.includes(pid)))
    .toEqual([]);
});
