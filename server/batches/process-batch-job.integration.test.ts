import { afterAll, beforeAll, expect, test } from "vitest";
import { owner, startTestServer, type TestServer } from "#server/sessions/testing/test-server.ts";
import { createBatch } from "./create-batch.ts";
import { enqueueBatch } from "./process-batch-job.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

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
