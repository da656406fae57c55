import { afterAll, beforeAll, expect, test } from "vitest";
import { isAppError } from "#lib/errors.ts";
import { transact } from "#server/live/transact.ts";
import { owner, startTestServer, type TestServer } from "#server/sessions/testing/test-server.ts";
import { abortBatch, retryFailed } from "./change-batch.ts";
import { settleFailure } from "./change-item.ts";
import { claimItem } from "./claim-item.ts";
import { countLines } from "./count-lines.ts";
import { createBatch } from "./create-batch.ts";
import { readBatch, requireBatch } from "./read-batches.ts";
import { receiveLines } from "./receive-lines.ts";
import { releaseBatchItems } from "./release-batch-items.ts";
import { sealBatch } from "./seal-batch.ts";
import { expectTrueCounts } from "./testing/recount.ts";
import { createRandom } from "#lib/testing/create-random.ts";
import { importLines, shuffle } from "./testing/shuffled-lines.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

async function newBatch(asked: object = {}): Promise<string> {
  const request = { kind: "import" as const, defaults: {}, concurrency: 1_000, ...asked };
  return (await createBatch(server.services, owner, request)).batchId;
}

async function send(batchId: string, lines: readonly string[]) {
  const { services } = server;
  const batch = await requireBatch(services.database, owner, { batchId, action: "fill" });
  return receiveLines(services, batch, {
    body: bodyOf(lines),
    encoding: "identity",
    isStrict: false,
    firstIndex: 0,
  });
}

/** A chunk, and so a group, for each line. */
async function* bodyOf(lines: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const line of lines) yield Buffer.from(`${line}\n`);
}

/** Whoever waits in a circle waits for a second, and one of them is sent away. */
async function countDeadlocks(): Promise<number> {
  const [row] = await server.services.database.sql<{ count: number }[]>`
    select pg_stat_force_next_flush(), deadlocks::int as count
    from pg_stat_database where datname = current_database()`;
  return row?.count ?? 0;
}

const read = (batchId: string) => readBatch(server.services.database, batchId);
const isConflict = (error: unknown) => isAppError(error) && error.code === "conflict";
const ignoreConflict = (error: unknown) => {
  if (!isConflict(error)) throw error;
};

test("counts stay true while lines come, begin, fail, are tried again and cancelled, all at once", async () => {
  const seed = Date.now();
  console.log(`seed ${seed}`);
  const random = createRandom(seed);
  const { services } = server;
  const good = importLines(80);
  const other = good.map((line) => line.replace("ü", "u"));
  const bad = good.map((_, index) => `{"index":${index},"data":[}`);
  const batchIds = await Promise.all(
    [80, 80, undefined].map((expectedCount) => newBatch({ expectedCount })),
  );

  const begin = async (batchId: string) => {
    for (let round = 0; round < 60; round += 1) {
      const item = await claimItem(services, { batchId, kind: "import" });
      if (item === null) continue;
      const code = random() < 0.5 ? "unavailable" : "gone";
      const error = Object.assign(new Error("No"), { code });
      if (random() < 0.9)
        await settleFailure(services, item, { error, isStopping: random() < 0.2 });
    }
  };
  const change = async (batchId: string) => {
    for (let round = 0; round < 10; round += 1) {
      await retryFailed(services, batchId).catch(ignoreConflict);
      await transact(services, (tx) => releaseBatchItems(tx, services.processId));
    }
  };
  await Promise.all(
    batchIds.flatMap((batchId, n) => [
      ...[good, bad, other, good].map((lines) =>
        send(batchId, shuffle(lines, random)).catch(ignoreConflict),
      ),
      begin(batchId),
      begin(batchId),
      change(batchId),
      ...(n === 1 ? [abortBatch(services, batchId)] : []),
    ]),
  );
  await expectTrueCounts(services.database);
  expect(await countDeadlocks()).toBe(0);
  const [whole, aborted, open] = await Promise.all(batchIds.map(read));
  expect(whole).toMatchObject({ received: 80, sealedAt: expect.any(String) });
  expect(whole?.conflictCount).toBeGreaterThan(0);
  expect(aborted).toMatchObject({ state: "aborted", counts: { queued: 0 } });
  expect(open).toMatchObject({ received: 80, state: "open" });
}, 60_000);

test("no line comes into a batch that is sealed, or aborted, at this very moment", async () => {
  const { services } = server;
  for (let round = 0; round < 4; round += 1) {
    const batchIds = [await newBatch(), await newBatch()];
    const [sealed = "", aborted = ""] = batchIds;
    const sending = batchIds.map((batchId) => send(batchId, importLines(40)).catch(ignoreConflict));
    await Promise.all([
      ...sending,
      sealBatch(services, sealed, { allowGaps: true }),
      abortBatch(services, aborted),
    ]);
    await expectTrueCounts(services.database);
    expect((await read(aborted)).counts.queued).toBe(0);
    const { received } = await read(sealed);
    await send(sealed, importLines(40));
    expect((await read(sealed)).received).toBe(received);
  }
}, 30_000);

test("a count below nothing is refused, and what it should count with it", async () => {
  const batchId = await newBatch();
  await send(batchId, importLines(1));
  const losing = transact(server.services, async (tx) => {
    await tx`delete from batch_items where batch_id = ${batchId}`;
    await countLines(tx, batchId, { change: { queued: -2 } });
  });
  await expect(losing).rejects.toThrow("batches_counts");
  await expectTrueCounts(server.services.database);
}, 120_000);

test("a batch ends with the last of its lines, and begins again with one that is tried again", async () => {
  const { services } = server;
  const batchId = await newBatch({ expectedCount: 1 });
  await send(batchId, importLines(1));
  const item = await claimItem(services, { batchId, kind: "import" });
  if (item === null) throw new Error("No line waits");
  const error = Object.assign(new Error("No"), { code: "gone" });
  await settleFailure(services, { ...item, attempt: 5 }, { error, isStopping: false });
  const done = await read(batchId);
  expect(done).toMatchObject({ state: "done", finishedAt: expect.any(String) });
  await retryFailed(services, batchId);
  expect(await read(batchId)).toMatchObject({ state: "sealed", finishedAt: null });
  expect((await read(batchId)).sealedAt).toBe(done.sealedAt);
});
