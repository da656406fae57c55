import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createMessageId } from "#lib/ids.ts";
import { transact } from "#server/live/transact.ts";
import { owner, startTestServer, type TestServer } from "#server/sessions/testing/test-server.ts";
import { startBatchWorker } from "./batch-worker.ts";
import { abortBatch, retryFailed } from "./change-batch.ts";
import { settleFailure } from "./change-item.ts";
import { claimItem } from "./claim-item.ts";
import { createBatch } from "./create-batch.ts";
import { listItems, requireBatch } from "./read-batches.ts";
import { receiveLines } from "./receive-lines.ts";
import { releaseBatchItems } from "./release-batch-items.ts";
import { runBatch } from "./run-batch.ts";
import { settleItems } from "./settle-items.ts";
import { startItem } from "./start-item.ts";
import { expectTrueCounts } from "./testing/recount.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ environment: { MAX_ACTIVE_SESSIONS: "20" } });
});
afterAll(() => server.close());

const line = '{"prompt":"Look at the mill","repository":"owner/name"}';
const never = new AbortController().signal;

/** A line whose session was started by a process that is not heard of again. */
async function startAndDie() {
  const { services } = server;
  const { batchId } = await createBatch(services, owner, { kind: "start", defaults: {} });
  const batch = await requireBatch(services.database, owner, { batchId, action: "fill" });
  async function* body() {
    yield Buffer.from(line);
  }
  const incoming = { encoding: "identity" as const, isStrict: true, firstIndex: 0 };
  await receiveLines(services, batch, { ...incoming, body: body() });
  const item = await claimItem(services, { batchId, kind: "start" });
  if (item?.body == null) throw new Error("No line waits");
  const claimed = { ...item, body: item.body };
  // Its claim is another's, as far as this one knows: nothing is handed over.
  await startItem({ ...services, processId: "dead" }, owner, claimed);
  return { batchId, item: claimed };
}

const release = () =>
  transact(server.services, (tx) => releaseBatchItems(tx, server.services.processId));

async function readLine(batchId: string) {
  const query = { state: null, after: -1, limit: 1 };
  const [item] = await listItems(server.services.database, batchId, query);
  return item;
}

/** Of each prompt of its sessions. Nobody works on them here: what waits ends with the Stop. */
async function isStopped(batchId: string): Promise<boolean[]> {
  const prompts = await server.services.database.sql<{ isStopped: boolean }[]>`
    select interrupt_requested_at is not null or sessions.status = 'failed' as "isStopped"
    from prompts join sessions on sessions.id = session_id
    where session_id in (select session_id from batch_items where batch_id = ${batchId})`;
  return prompts.map((prompt) => prompt.isStopped);
}

test("a session whose process died when it had started it is stopped with its batch", async () => {
  const { services } = server;
  const { batchId } = await startAndDie();
  await release();
  await abortBatch(services, batchId);
  await runBatch(services, batchId, { signal: never, atWork: new Set() });
  expect(await readLine(batchId)).toMatchObject({ state: "running" });
  expect(await isStopped(batchId)).toEqual([true]);
  await expectTrueCounts(services.database);
});

test("a line that was begun as often as it may be, and has its session, is no failure to be tried again", async () => {
  const { services } = server;
  for (const end of ["death", "error"] as const) {
    const { batchId, item } = await startAndDie();
    await services.database.sql`update batch_items set attempts = 5 where batch_id = ${batchId}`;
    const error = Object.assign(new Error("No"), { code: "unavailable" });
    if (end === "death") await release();
    else await settleFailure(services, { ...item, attempt: 5 }, { error, isStopping: false });
    expect(await retryFailed(services, batchId)).toEqual({ retried: 0, unreadable: 0 });
    expect(await readLine(batchId)).toMatchObject({
      state: "running",
      sessionId: expect.any(String),
    });
    await expectTrueCounts(services.database);
  }
});

test.each([
  { session: "idle", outcome: "interrupted", state: "cancelled" },
  { session: "failed", outcome: null, state: "cancelled" },
  { session: "idle", outcome: "completed", state: "done" },
])(
  "a line whose session is $session ($outcome) after an abort is $state",
  async ({ session, outcome, state }) => {
    const { services } = server;
    const { sql } = services.database;
    const { batchId } = await startAndDie();
    await release();
    await abortBatch(services, batchId, "Enough");
    const sessions = sql`(select session_id from batch_items where batch_id = ${batchId})`;
    if (outcome !== null)
      await sql`
        update prompts set status = 'settled', outcome = ${outcome}, message = 'Stopped'
        where session_id in ${sessions}`;
    await sql`
      update sessions set status = ${session}, status_message = 'Stopped' where id in ${sessions}`;
    await settleItems(services, { batchId, kind: "start" });
    expect(await readLine(batchId)).toMatchObject({
      state,
      reason: state === "done" ? null : "Enough",
      sessionId: expect.any(String),
    });
    await expectTrueCounts(services.database);
  },
);

test("a session that somebody goes on with after the abort is not stopped again", async () => {
  const { services } = server;
  const { sql } = services.database;
  const { batchId } = await startAndDie();
  await release();
  await abortBatch(services, batchId);
  const sessions = sql`(select session_id from batch_items where batch_id = ${batchId})`;
  await sql`
    update prompts set status = 'settled', outcome = 'interrupted' where session_id in ${sessions}`;
  await sql`update sessions set status = 'idle' where id in ${sessions}`;
  await settleItems(services, { batchId, kind: "start" });
  await sql`
    insert into prompts (session_id, generation, message_id, owner_id, text, status, request_hash)
    select session_id, generation, ${createMessageId()}, owner_id, 'Go on', 'started', ''
    from prompts where session_id in ${sessions}`;
  await runBatch(services, batchId, { signal: never, atWork: new Set() });
  expect(await isStopped(batchId)).toEqual([false, false]);
});

test("also when the batch was aborted before that, by whoever looks next", async () => {
  const { services } = server;
  const { batchId } = await startAndDie();
  await abortBatch(services, batchId);
  await services.database.sql`delete from pgboss.job where name = 'process-batch'`;
  await services.database.sql`
    update prompts set interrupt_requested_at = null
    where session_id = (select session_id from batch_items where batch_id = ${batchId})`;
  await release();
  const worker = await startBatchWorker(services, { over: services.draining });
  await vi.waitFor(async () => expect(await isStopped(batchId)).toEqual([true]), {
    timeout: 10_000,
  });
  await worker.stop();
});
