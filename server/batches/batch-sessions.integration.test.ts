import { expect, test, vi } from "vitest";
import { owner } from "#server/sessions/testing/test-server.ts";
import { useTestServer } from "#server/sessions/testing/use-test-server.ts";
import { startBatchWorker } from "./batch-worker.ts";
import { createBatch } from "./create-batch.ts";
import { listItems, readBatch, requireBatch } from "./read-batches.ts";
import { receiveLines } from "./receive-lines.ts";

const context = useTestServer();

test("lines of a batch run to their end, each in a session of its own, and a bad repository fails alone", async () => {
  const { server, repository } = context;
  const { services } = server;
  await server.work();
  const worker = await startBatchWorker(services, { over: services.draining });
  const { batchId } = await createBatch(services, owner, {
    kind: "start",
    expectedCount: 4,
    defaults: { repository },
    concurrency: 2,
  });
  const lines = [
    { index: 0, prompt: "Look at the first" },
    { index: 1, prompt: "Look at the second" },
    { index: 2, prompt: "Look at the third", repository: `${repository}-gone` },
    { index: 3, prompt: "Look, but wait", autoInitiate: false },
  ];
  const batch = await requireBatch(services.database, owner, { batchId, action: "fill" });
  await receiveLines(services, batch, {
    body: bodyOf(lines),
    encoding: "identity",
    isStrict: true,
    firstIndex: 0,
  });
  await vi.waitFor(
    async () =>
      expect(await readBatch(services.database, batchId)).toMatchObject({
        state: "done",
        counts: { done: 3, failed: 1 },
      }),
    { timeout: 50_000, interval: 50 },
  );
  await worker.stop();
  const query = { state: null, after: -1, limit: 10 };
  const items = await listItems(services.database, batchId, query);
  expect(items.map(({ state }) => state)).toEqual(["done", "done", "failed", "done"]);
  expect(items[2]?.reason).toEqual(expect.any(String));
  for (const n of [0, 1]) {
    const { sessionId } = items[n]!;
    expect(await context.promptTexts(sessionId ?? "")).toEqual([lines[n]?.prompt]);
  }
  const waiting = await server.until(items[3]?.sessionId ?? "", () => true);
  expect(waiting.status).toBe("prepared");
}, 90_000);

test("of all that wait, a session that somebody starts gets the next slot", async () => {
  const { server, repository } = context;
  const { services } = server;
  const worker = await startBatchWorker(services, { over: services.draining });
  const { batchId } = await createBatch(services, owner, {
    kind: "start",
    expectedCount: 30,
    defaults: { repository, prompt: "Look at the mill" },
    concurrency: 30,
  });
  const batch = await requireBatch(services.database, owner, { batchId, action: "fill" });
  const lines = Array.from({ length: 30 }, (_, index) => ({ index }));
  await receiveLines(services, batch, {
    body: bodyOf(lines),
    encoding: "identity",
    isStrict: true,
    firstIndex: 0,
  });
  const { sql } = services.database;
  const begun = () => sql<{ sessionId: string }[]>`
    select session_id as "sessionId" from batch_items
    where batch_id = ${batchId} and session_id is not null`;
  // Four slots, of which one is left free: more lines do not begin.
  await vi.waitFor(async () => expect(await begun()).toHaveLength(3), { timeout: 20_000 });
  const started = await server.start({ repository });
  await server.work();
  await vi.waitFor(
    async () => {
      const [own] = await sql`
        select 1 from prompts where session_id = ${started} and started_at is not null`;
      expect(own).toBeDefined();
    },
    { timeout: 40_000, interval: 10 },
  );
  const jobs = await sql<{ sessionId: string }[]>`
    select data ->> 'sessionId' as "sessionId" from pgboss.job
    where name = 'run-session' and started_on is not null order by started_on limit 1`;
  expect(jobs).toEqual([{ sessionId: started }]);
  expect(await readBatch(services.database, batchId)).toMatchObject({ received: 30 });
  await worker.stop();
}, 90_000);

async function* bodyOf(lines: readonly unknown[]): AsyncGenerator<Uint8Array> {
  for (const line of lines) yield Buffer.from(`${JSON.stringify(line)}\n`);
}
