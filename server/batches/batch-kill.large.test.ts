import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { startChild, type TestChild } from "#server/database/testing/children.ts";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import type { IngestChildAnswer } from "#server/ingest/testing/ingest-child.ts";
import { forgetPeak, readPeakBytes } from "#server/ingest/testing/peak-memory.ts";
import { expectTrueCounts } from "./testing/recount.ts";
import { sendCut } from "./testing/send-cut.ts";
import { createRandom } from "#lib/testing/create-random.ts";
import { importLines, sha256, shuffle } from "./testing/shuffled-lines.ts";

const LINES = 10_000;
const SENDERS = 3;
const CUTS = 50;
const MEGABYTE = 1_000_000;

let testDatabase: TestDatabase;
let dataDir: string;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), "millrace-batch-"));
  const { sql } = testDatabase.database;
  await sql.unsafe(`
    create table seals (batch_id text);
    create function note_seal() returns trigger language plpgsql as $$
    begin
      insert into seals values (new.id);
      return null;
    end $$;
    create trigger note_seal after update on batches for each row
      when (old.state = 'open' and new.state = 'sealed') execute function note_seal();`);
});
afterAll(async () => {
  await testDatabase.drop();
  await rm(dataDir, { recursive: true, force: true });
});

const startServer = (role: string) =>
  startChild<IngestChildAnswer>({
    file: "../../ingest/testing/ingest-child.ts",
    args: [testDatabase.url, dataDir, role],
  });

async function newBatch({ answer }: TestChild<IngestChildAnswer>, expectedCount: number) {
  const response = await fetch(`${answer.url}/api/v1/batches`, {
    method: "POST",
    body: JSON.stringify({ kind: "import", expectedCount }),
    headers: { cookie: answer.cookie },
  });
  const { batch } = (await response.json()) as { batch: { batchId: string } };
  return batch.batchId;
}

test("10,000 lines come three times at once, shuffled, with 50 cuts and a kill -9: each is there once", async () => {
  const seed = Date.now();
  console.log(`seed ${seed}`);
  const lines = importLines(LINES);
  let server = await startServer("web");
  const batchId = await newBatch(server, LINES);
  let cutsLeft = CUTS;
  const half = createDeferred<void>();
  const killed = half.promise.then(async () => {
    await server.kill();
    server = await startServer("web");
  });

  const sendAll = async (sender: number) => {
    const random = createRandom(seed + sender);
    for (;;) {
      const body = Buffer.from(shuffle(lines, random).join("\n"));
      const isCut = cutsLeft > 0;
      cutsLeft -= 1;
      if (cutsLeft === CUTS / 2) half.resolve();
      const cutAt = isCut ? Math.floor(random() * body.byteLength) : null;
      const answer = await sendCut({ ...server.answer, batchId, body, cutAt });
      if (answer !== null) return answer;
      if (cutsLeft < CUTS / 2) await killed;
    }
  };
  const answers = await Promise.all(Array.from({ length: SENDERS }, (_, n) => sendAll(n)));
  for (const answer of answers) {
    expect(answer).toMatchObject({ sealed: true, received: LINES, missing: [], conflictCount: 0 });
    expect(answer.accepted + answer.deduplicated).toBe(LINES);
  }
  await server.end();

  const { sql } = testDatabase.database;
  const rows = await sql<{ index: number; sha256: string }[]>`
    select index, sha256 from batch_items where batch_id = ${batchId} order by index`;
  expect(rows.map((row) => row.index)).toEqual(lines.map((_, index) => index));
  expect(rows.map((row) => row.sha256)).toEqual(lines.map(sha256));
  expect(await sql`select batch_id from seals`).toHaveLength(1);
  await expectTrueCounts(testDatabase.database);
  await sql`delete from batches`;
});

test("kill -9 among workers doubles no session and loses none", async () => {
  const count = 150;
  const lines = importLines(count);
  const { sql } = testDatabase.database;
  let server = await startServer("web,worker");
  const batchId = await newBatch(server, count);
  const body = Buffer.from(lines.join("\n"));
  await sendCut({ ...server.answer, batchId, body, cutAt: null });
  const doneCount = async () => {
    const [row] = await sql<{ count: number }[]>`
      select count(*)::int as count from batch_items
      where batch_id = ${batchId} and state = 'done'`;
    return row?.count ?? 0;
  };
  for (const share of [0.2, 0.5, 0.8]) {
    const enough = async () => expect(await doneCount()).toBeGreaterThan(share * count);
    await vi.waitFor(enough, { timeout: 60_000, interval: 5 });
    await server.kill();
    server = await startServer("web,worker");
  }
  await vi.waitFor(async () => expect(await doneCount()).toBe(count), {
    timeout: 60_000,
    interval: 50,
  });
  await server.end();
  await expectTrueCounts(testDatabase.database);
  const sessions = await sql<{ externalId: string; itemCount: number }[]>`
    select external_id as "externalId",
      (select count(*)::int from items where session_id = sessions.id) as "itemCount"
    from sessions where source = 'batch'`;
  expect(sessions).toHaveLength(count);
  expect(new Set(sessions.map(({ externalId }) => externalId)).size).toBe(count);
  expect(sessions.every(({ itemCount }) => itemCount === 1)).toBe(true);
});

test("kill -9 between the session of a line and its upload leaves neither", async () => {
  const { sql } = testDatabase.database;
  await sql.unsafe(`
    create function hang() returns trigger language plpgsql as $$
    begin
      perform pg_sleep(600);
      return new;
    end $$;
    create trigger hang before insert on uploads for each row execute function hang();`);
  const hanging = () => sql<{ pid: number }[]>`
    select pid from pg_stat_activity
    where datname = current_database() and wait_event = 'PgSleep'`;
  const sessionsOf = (batchId: string) => sql`
    select (select count(*)::int from items where session_id = sessions.id) as "itemCount"
    from sessions where source = 'batch' and external_id = ${`${batchId}/0`}`;
  let server = await startServer("web,worker");
  const batchId = await newBatch(server, 1);
  const body = Buffer.from(importLines(1).join("\n"));
  await sendCut({ ...server.answer, batchId, body, cutAt: null });
  await vi.waitFor(async () => expect(await hanging()).toHaveLength(1), { timeout: 20_000 });
  await server.kill();
  expect(await sessionsOf(batchId)).toEqual([]);
  for (const { pid } of await hanging()) await sql`select pg_terminate_backend(${pid})`;
  await sql`drop trigger if exists hang on uploads`;
  server = await startServer("web,worker");
  await vi.waitFor(
    async () => {
      const [item] = await sql`select state from batch_items where batch_id = ${batchId}`;
      expect(item).toEqual({ state: "done" });
    },
    { timeout: 60_000, interval: 50 },
  );
  await server.end();
  expect(await sessionsOf(batchId)).toEqual([{ itemCount: 1 }]);
  await expectTrueCounts(testDatabase.database);
});

test("ten lines of 49 MB at one time are not held", async () => {
  const server = await startServer("web");
  const batchId = await newBatch(server, 10);
  const filling = Buffer.alloc(49 * MEGABYTE, "x");
  const bodyOf = (index: number) =>
    Buffer.concat([Buffer.from(`{"index":${index},"data":["`), filling, Buffer.from('"]}\n')]);
  const before = await forgetPeak(server.pid);
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      sendCut({ ...server.answer, batchId, body: bodyOf(index), cutAt: null }),
    ),
  );
  const grownBytes = (await readPeakBytes(server.pid)) - before;
  console.log(`${Math.round(grownBytes / MEGABYTE)} MB more at the peak`);
  expect(answers.some((answer) => answer?.sealed)).toBe(true);
  expect(grownBytes).toBeLessThan(200 * MEGABYTE);
  await server.end();
});
