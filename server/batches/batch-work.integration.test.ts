import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { message, part, useIngest } from "#server/ingest/testing/use-ingest.ts";
import type { Batch } from "#lib/batch.ts";
import { startBatchWorker } from "./batch-worker.ts";
import { listItemsWithSessions } from "./read-batch-page.ts";
import { expectTrueCounts } from "./testing/recount.ts";

const server = useIngest({ environment: { MAX_ACTIVE_SESSIONS: "2" } });

beforeAll(async () => {
  const { services } = server.web().server;
  const worker = await startBatchWorker(services, { over: services.draining });
  services.draining.addEventListener("abort", () => void worker.stop());
});

afterEach(() => expectTrueCounts(server.services().database));

const post = (path: string, body: BodyInit = "", headers: Record<string, string> = {}) =>
  server.ask("POST", `/api/v1/batches${path}`, { body, headers });

async function newBatch(asked: Record<string, unknown>): Promise<string> {
  const { body } = await post("", JSON.stringify(asked));
  return body.batch.batchId;
}

const send = (batchId: string, lines: unknown[]) =>
  post(`/${batchId}/items`, lines.map((line) => JSON.stringify(line)).join("\n"), {
    "content-type": "application/x-ndjson",
  });

const get = (path: string) => server.ask("GET", `/api/v1/batches${path}`);

async function over(batchId: string): Promise<Batch> {
  return vi.waitFor(
    async () => {
      const { batch } = (await get(`/${batchId}?wait=5`)).body;
      if (batch.finishedAt === null) throw new Error(JSON.stringify(batch));
      return batch;
    },
    { timeout: 25_000, interval: 10 },
  );
}

async function results(batchId: string) {
  const { url, cookie } = server.web();
  const response = await fetch(`${url}/api/v1/batches/${batchId}/results`, { headers: { cookie } });
  const lines = (await response.text()).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line));
}

const session = (index: number, title: string) => ({
  index,
  data: [{ type: "session", data: { title } }, message(0), part(index)],
});

test("imported lines become sessions, begun and told in the order of their indexes", async () => {
  const lines = Array.from({ length: 12 }, (_, n) => session(n, `Row ${n}`));
  const batchId = await newBatch({ kind: "import", expectedCount: 12 });
  expect((await send(batchId, lines.toReversed())).body).toMatchObject({ sealed: true });
  expect(await over(batchId)).toMatchObject({ state: "done", counts: { done: 12 } });
  const rows = await results(batchId);
  expect(rows.map((row) => row.session.title)).toEqual(lines.map((_, n) => `Row ${n}`));
  expect(await server.storedItems(rows[5].sessionId)).toMatchObject([
    { type: "session" },
    { type: "message" },
    { type: "part", partId: "prt_5" },
  ]);
  const { started } = await readOrder(batchId);
  expect(started).toEqual(started.toSorted((a, b) => a - b));
});

/** Indexes in the order in which they began. */
async function readOrder(batchId: string): Promise<{ started: number[] }> {
  const rows = await server.services().database.sql<{ index: number }[]>`
    select index from batch_items where batch_id = ${batchId} order by started_at, index`;
  return { started: rows.map(({ index }) => index) };
}

test("a line that names its session is brought to that one, whichever batch it comes with", async () => {
  const line = (index: number, n: number) => ({
    index,
    session: { source: "harvest", externalId: "pears" },
    data: [message(0), part(n)],
  });
  const first = await newBatch({ kind: "import", expectedCount: 2 });
  await send(first, [line(0, 1), line(1, 2)]);
  const second = await newBatch({ kind: "import", expectedCount: 1 });
  await send(second, [line(0, 3)]);
  await Promise.all([over(first), over(second)]);
  const rows = [...(await results(first)), ...(await results(second))];
  expect(new Set(rows.map(({ sessionId }) => sessionId)).size).toBe(1);
  const items = await server.storedItems(rows[0].sessionId);
  expect(items.filter(({ type }) => type === "part")).toHaveLength(3);
});

test("a snapshot and a line that is too long for a row are sessions like any other", async () => {
  const snapshot = {
    index: 0,
    info: { id: server.newSessionId(), title: "Apples" },
    messages: [{ info: { id: "msg_0", role: "user" }, parts: [part(1).data] }],
  };
  const long = {
    index: 1,
    data: [message(0), ...Array.from({ length: 6 }, (_, n) => part(n, "y".repeat(500_000)))],
  };
  const batchId = await newBatch({ kind: "import", expectedCount: 2 });
  await send(batchId, [snapshot, long]);
  expect(await over(batchId)).toMatchObject({ counts: { done: 2 } });
  const rows = await results(batchId);
  expect(rows[0]).toMatchObject({ sessionId: snapshot.info.id, session: { title: "Apples" } });
  expect(await server.storedItems(rows[1].sessionId)).toHaveLength(7);
});

test("a line may name an upload, whose session is its own", async () => {
  const sessionId = server.newSessionId();
  const pushed = await server.push(sessionId, JSON.stringify([message(0)]));
  const batchId = await newBatch({ kind: "import", expectedCount: 2 });
  const unknown = "upl_019a00000000abcdefghijklmn";
  await send(batchId, [
    { index: 0, upload: pushed.body.upload.uploadId },
    { index: 1, upload: unknown },
  ]);
  expect(await over(batchId)).toMatchObject({ counts: { done: 1, failed: 1 } });
  expect(await results(batchId)).toMatchObject([
    { sessionId, state: "done" },
    { sessionId: null, reason: expect.stringContaining("no such upload") },
  ]);
});

test("items that nothing could be made of are told with their line, and a line of nothing else has failed", async () => {
  const batchId = await newBatch({ kind: "import", expectedCount: 3 });
  const some = { index: 1, data: [...session(1, "Some").data, 5, { type: "message", data: {} }] };
  await send(batchId, [session(0, "All"), some, { index: 2, data: [5, 6] }]);
  const counted = { counts: { done: 2, failed: 1 }, skippedItemCount: 4 };
  const told = [
    { state: "done", reason: null, storedCount: 3, skippedCount: 0 },
    { state: "done", reason: null, storedCount: 3, skippedCount: 2 },
    {
      state: "failed",
      reason: "Nothing in it could be read, 2 skipped: The element is not an object",
      storedCount: 0,
      skippedCount: 2,
    },
  ];
  expect(await over(batchId)).toMatchObject(counted);
  expect(await results(batchId)).toMatchObject(told);
  expect((await get(`/${batchId}/items`)).body.items).toMatchObject(told);
  expect((await post(`/${batchId}/retry`)).body).toMatchObject({ retried: 1 });
  await expectTrueCounts(server.services().database);
  expect(await over(batchId)).toMatchObject(counted);
  expect(await results(batchId)).toMatchObject(told);
  await expectTrueCounts(server.services().database);
  // A line shows its session as the session's own page does.
  const rows: { session: { status: string } }[] = [
    ...(await results(batchId)),
    ...(await listItemsWithSessions(server.services().database, batchId, everyItem)),
  ];
  const statuses = ["idle", "idle", "empty"];
  expect(rows.map((row) => row.session.status)).toEqual([...statuses, ...statuses]);
});

const everyItem = { state: null, after: -1, limit: 100 };

test("a line that is no document fails, leaves no session, and is retried when asked", async () => {
  const batchId = await newBatch({ kind: "import", expectedCount: 2 });
  await send(batchId, [session(0, "Good"), { index: 1, messages: 7 }]);
  expect(await over(batchId)).toMatchObject({ counts: { done: 1, failed: 1 } });
  const [, bad] = await results(batchId);
  expect(bad).toMatchObject({ state: "failed", session: null, reason: expect.any(String) });
  expect((await post(`/${batchId}/retry`)).body).toMatchObject({ retried: 1, unreadable: 0 });
  expect(await over(batchId)).toMatchObject({ counts: { done: 1, failed: 1 } });
  const { items } = (await get(`/${batchId}/items?state=failed`)).body;
  expect(items).toMatchObject([{ index: 1, attempts: 1 }]);
});

test("no more lines are at work than the batch allows", async () => {
  const batchId = await newBatch({ kind: "import", expectedCount: 10, concurrency: 1 });
  const { sql } = server.services().database;
  await sql.unsafe(`
    create table seen_running (batch_id text, running int);
    create or replace function see_running() returns trigger language plpgsql as $$
    begin
      insert into seen_running select new.batch_id, count(*) from batch_items
        where batch_id = new.batch_id and state = 'running';
      return null;
    end $$;
    create trigger see_running after update on batch_items
      for each row when (new.state = 'running') execute function see_running();`);
  await send(
    batchId,
    Array.from({ length: 10 }, (_, n) => session(n, `Row ${n}`)),
  );
  await over(batchId);
  const [seen] = await sql<{ most: number }[]>`
    select max(running)::int as most from seen_running where batch_id = ${batchId}`;
  await sql.unsafe("drop trigger see_running on batch_items; drop table seen_running;");
  expect(seen?.most).toBe(1);
  const { started } = await readOrder(batchId);
  expect(started).toEqual(Array.from({ length: 10 }, (_, n) => n));
});

test("started lines are sessions of their own, as many at one time as the batch allows", async () => {
  const start = (index: number) => ({ index, prompt: `Look at row ${index}` });
  const batchId = await newBatch({
    kind: "start",
    concurrency: 1,
    expectedCount: 3,
    defaults: { repository: "owner/name" },
  });
  expect((await send(batchId, [start(0), start(1), { index: 2, prompt: "" }])).body).toMatchObject({
    accepted: 2,
    refused: [{ index: 2, fault: "invalid", reason: expect.stringContaining("prompt") }],
    sealed: true,
  });
  const { sql } = server.services().database;
  const first = await vi.waitFor(async () => {
    const [row] = await sql<{ sessionId: string }[]>`
      select session_id as "sessionId" from batch_items
      where batch_id = ${batchId} and session_id is not null`;
    return row!.sessionId;
  });
  const waiting = await sql`
    select 1 from batch_items where batch_id = ${batchId} and state = 'queued'`;
  expect(waiting).toHaveLength(1);
  const [job] = await sql<{ priority: number }[]>`
    select priority from pgboss.job
    where name = 'run-session' and data ->> 'sessionId' = ${first}`;
  expect(job!.priority).toBeLessThan(0);
  // Nobody works on sessions here: as if the agent had ended its turn.
  await sql`
    update prompts set status = 'settled', outcome = 'completed' where session_id = ${first}`;
  await sql`update sessions set status = 'idle' where id = ${first}`;
  await vi.waitFor(
    async () => {
      const { counts } = (await get(`/${batchId}`)).body.batch;
      expect(counts).toMatchObject({ done: 1, running: 1, queued: 0, failed: 1 });
    },
    { timeout: 10_000 },
  );
  await post(`/${batchId}/abort`);
  const second = (await results(batchId))[1].sessionId;
  expect(second).not.toBe(first);
  await vi.waitFor(async () => {
    const [prompt] = await sql<{ isStopped: boolean }[]>`
      select interrupt_requested_at is not null as "isStopped" from prompts
      where session_id = ${second}`;
    expect(prompt).toEqual({ isStopped: true });
  });
});
