import { expect, test, vi } from "vitest";
import { message, part } from "#server/ingest/testing/use-ingest.ts";
import { listItemsWithSessions } from "./read-batch-page.ts";
import { sessionLine as session, useBatchWork } from "./testing/use-batch-work.ts";

const { server, post, get, newBatch, send, over, results } = useBatchWork();

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

test("items that nothing could be made of are told with their line", async () => {
  const batchId = await newBatch({ kind: "import", expectedCount: 2 });
  const some = { index: 1, data: [...session(1, "Some").data, 5, { type: "message", data: {} }] };
  await send(batchId, [session(0, "All"), some]);
  const told = [
    { state: "done", reason: null, storedCount: 3, skippedCount: 0 },
    { state: "done", reason: null, storedCount: 3, skippedCount: 2 },
  ];
  expect(await over(batchId)).toMatchObject({ counts: { done: 2 }, skippedItemCount: 2 });
  expect(await results(batchId)).toMatchObject(told);
  expect((await get(`/${batchId}/items`)).body.items).toMatchObject(told);
  // A line shows its session as the session's own page does.
  const rows: { session: { status: string } }[] = [
    ...(await results(batchId)),
    ...(await listItemsWithSessions(server.services().database, batchId, everyItem)),
  ];
  expect(rows.map((row) => row.session.status)).toEqual(["idle", "idle", "idle", "idle"]);
});

const everyItem = { state: null, after: -1, limit: 100 };

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
    const stopped = await sql`
      select status, status_message as message from sessions where id = ${second}`;
    expect(stopped).toEqual([{ status: "failed", message: "Stopped" }]);
  });
});
