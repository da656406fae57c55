import { afterAll, beforeAll, expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import type { BatchKind } from "#lib/batch.ts";
import { owner, startTestServer, type TestServer } from "#server/sessions/testing/test-server.ts";
import { claimItem } from "./claim-item.ts";
import { createBatch } from "./create-batch.ts";
import { requireBatch } from "./read-batches.ts";
import { receiveLines } from "./receive-lines.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ environment: { MAX_ACTIVE_SESSIONS: "4" } });
});
afterAll(() => server.close());

async function newBatch(kind: BatchKind): Promise<string> {
  const { services } = server;
  const { batchId } = await createBatch(services, owner, { kind, defaults: {} });
  const batch = await requireBatch(services.database, owner, { batchId, action: "fill" });
  async function* body() {
    const start = '{"prompt":"Look","repository":"owner/name"}';
    yield Buffer.from(kind === "start" ? start : '{"data":[]}');
  }
  const incoming = { encoding: "identity" as const, isStrict: true, firstIndex: 0 };
  await receiveLines(services, batch, { ...incoming, body: body() });
  return batchId;
}

test("nobody waits for a batch that somebody holds, and imports wait for no start", async () => {
  const { services } = server;
  const { sql } = services.database;
  const [held, start, imported] = [
    await newBatch("start"),
    await newBatch("start"),
    await newBatch("import"),
  ];
  const [locked, over] = [createDeferred<void>(), createDeferred<void>()];
  const holding = sql.begin(async (tx) => {
    await tx`select 1 from batches where id = ${held} for update`;
    locked.resolve();
    await over.promise;
  });
  await locked.promise;
  const waiting = claimItem(services, { batchId: held, kind: "start" });
  expect(await claimItem(services, { batchId: start, kind: "start" })).toMatchObject({ index: 0 });
  const claiming = sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtext('millrace.claim-batch-item'))`;
    expect(await claimItem(services, { batchId: imported, kind: "import" })).toMatchObject({
      index: 0,
    });
  });
  await claiming;
  over.resolve();
  await holding;
  expect(await waiting).toMatchObject({ index: 0 });
});
