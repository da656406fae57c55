import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { transact } from "#server/live/transact.ts";
import { owner, startTestServer, type TestServer } from "#server/sessions/testing/test-server.ts";
import { startBatchWorker } from "./batch-worker.ts";
import { createBatch } from "./create-batch.ts";
import { enqueueBatch, processBatchJob } from "./process-batch-job.ts";
import { readBatch, requireBatch } from "./read-batches.ts";
import { receiveLines } from "./receive-lines.ts";
import { importLines } from "./testing/shuffled-lines.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

async function newBatch(count: number): Promise<string> {
  const { services } = server;
  const { batchId } = await createBatch(services, owner, { kind: "import", defaults: {} });
  const batch = await requireBatch(services.database, owner, { batchId, action: "fill" });
  async function* body() {
    yield Buffer.from(importLines(count).join("\n"));
  }
  const incoming = { encoding: "identity" as const, isStrict: true, firstIndex: 0 };
  await receiveLines(services, batch, { ...incoming, body: body() });
  return batchId;
}

test("a batch has one job that waits, and another one once that is at work", async () => {
  const { services } = server;
  const { sql } = services.database;
  const { batchId } = await createBatch(services, owner, { kind: "import", defaults: {} });
  const jobs = async () => {
    const rows = await sql<{ state: string }[]>`
      select state from pgboss.job
      where name = 'process-batch' and data ->> 'batchId' = ${batchId} order by created_on`;
    return rows.map(({ state }) => state);
  };
  for (let time = 0; time < 3; time += 1) await enqueueBatch(services, batchId);
  expect(await jobs()).toEqual(["created"]);
  await sql`update pgboss.job set state = 'active' where name = 'process-batch'`;
  await enqueueBatch(services, batchId);
  expect(await jobs()).toEqual(["active", "created"]);
});

test("a batch with many lines and many jobs leaves a place to another one", async () => {
  const { services } = server;
  const { sql } = services.database;
  const [large, small] = [await newBatch(300), await newBatch(1)];
  await sql`delete from pgboss.job where name = 'process-batch'`;
  for (const batchId of [large, large, large, large, small])
    await transact(services, (tx) => services.queue.enqueue(processBatchJob, { batchId }, { tx }));
  const worker = await startBatchWorker(services, { over: services.draining });
  await vi.waitFor(
    async () =>
      expect((await readBatch(services.database, small)).counts).toMatchObject({ queued: 0 }),
    { timeout: 30_000, interval: 10 },
  );
  const before = await sql`
    select 1 from batch_items
    where batch_id = ${large}
      and started_at < (select started_at from batch_items where batch_id = ${small})`;
  expect(before.length).toBeLessThan(50);
  await worker.stop();
});
