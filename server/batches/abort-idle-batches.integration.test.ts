import { expect, test, vi } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { createSessionId } from "#lib/ids.ts";
import { message, useIngest } from "#server/ingest/testing/use-ingest.ts";
import { owner } from "#server/sessions/testing/test-server.ts";
import { abortIdleBatches } from "./abort-idle-batches.ts";
import { createBatch } from "./create-batch.ts";
import { readBatch } from "./read-batches.ts";
import { sealBatch } from "./seal-batch.ts";

const server = useIngest();

/** A batch to which nothing came for 31 minutes. */
async function idleBatch(): Promise<string> {
  const asked = { kind: "import" as const, defaults: {} };
  const { batchId } = await createBatch(server.services(), owner, asked);
  await server.services().database.sql`
    update batches set last_line_at = now() - interval '31 minutes' where id = ${batchId}`;
  return batchId;
}

const read = (batchId: string) => readBatch(server.services().database, batchId);

test("a batch that nobody seals is given up, and one that goes on is not", async () => {
  const asked = { kind: "import" as const, defaults: {} };
  const fresh = await createBatch(server.services(), owner, asked);
  const idle = await idleBatch();
  await Promise.all([abortIdleBatches(server.services()), abortIdleBatches(server.services())]);
  expect(await read(idle)).toMatchObject({
    state: "aborted",
    message: expect.stringContaining("30 minutes"),
  });
  expect(await read(fresh.batchId)).toMatchObject({ state: "open" });
});

test("a batch that was idle when it was found, and is not any more, goes on", async () => {
  const { sql } = server.services().database;
  const [touched, sealed] = [await idleBatch(), await idleBatch()];
  const [changed, found] = [createDeferred<void>(), createDeferred<void>()];
  const changing = sql.begin(async (tx) => {
    await tx`update batches set last_line_at = now() where id = ${touched}`;
    await tx`update batches set state = 'sealed', sealed_at = now() where id = ${sealed}`;
    changed.resolve();
    await found.promise;
  });
  await changed.promise;
  const looking = abortIdleBatches(server.services());
  await vi.waitFor(async () => {
    const waiting = await sql`
      select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    expect(waiting.length).toBeGreaterThan(0);
  });
  found.resolve();
  await Promise.all([changing, looking]);
  expect(await read(touched)).toMatchObject({ state: "open" });
  expect(await read(sealed)).toMatchObject({ state: "sealed" });
});

test("an upload that is sent for a batch is an arrival, and so is a request without lines", async () => {
  const { sql } = server.services().database;
  const [uploaded, touched, idle] = [await idleBatch(), await idleBatch(), await idleBatch()];
  await server.push(createSessionId(), JSON.stringify([message(0)]), {
    "idempotency-key": `${uploaded}/0/abc`,
  });
  const { status, body } = await server.ask("POST", `/api/v1/batches/${touched}/items`, {
    headers: { "content-type": "application/x-ndjson" },
  });
  expect({ status, body }).toMatchObject({ status: 200, body: { received: 0, missing: [] } });
  const jobs = await sql`
    select 1 from pgboss.job where name = 'process-batch' and data ->> 'batchId' = ${touched}`;
  expect(jobs).toEqual([]);
  await abortIdleBatches(server.services());
  expect(await read(uploaded)).toMatchObject({ state: "open" });
  expect(await read(touched)).toMatchObject({ state: "open" });
  expect(await read(idle)).toMatchObject({ state: "aborted" });
  await sql`update uploads set begun_at = now() - interval '1 hour', received_at = null`;
  await abortIdleBatches(server.services());
  expect(await read(uploaded)).toMatchObject({ state: "aborted" });
});

test("a batch that is sealed is never idle", async () => {
  const batchId = await idleBatch();
  await sealBatch(server.services(), batchId);
  await abortIdleBatches(server.services());
  expect(await read(batchId)).toMatchObject({ state: "done" });
});
