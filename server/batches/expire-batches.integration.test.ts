import { afterAll, beforeAll, expect, test } from "vitest";
import { createSessionId } from "#lib/ids.ts";
import { sweepBlobs } from "#server/blobs/sweep-blobs.ts";
import { requireSession } from "#server/accounts/policy.ts";
import { deleteSession } from "#server/sessions/remove-session.ts";
import { startSession } from "#server/sessions/start-session.ts";
import { newSession } from "#server/sessions/new-session.ts";
import { owner, startTestServer, type TestServer } from "#server/sessions/testing/test-server.ts";
import { createBatch } from "./create-batch.ts";
import { expireBatches } from "./expire-batches.ts";
import { requireBatch } from "./read-batches.ts";
import { receiveLines } from "./receive-lines.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ environment: { BATCH_KEPT_DAYS: "3" } });
});
afterAll(() => server.close());

const LONG = `{"index":0,"data":["${"x".repeat(3_000_000)}"]}`;
const UNREADABLE = "rubbish";

/** With a line that is a blob, one that is a row, and one that belongs nowhere. */
async function newBatch(viewer = owner): Promise<string> {
  const { services } = server;
  const { batchId } = await createBatch(services, viewer, { kind: "import", defaults: {} });
  const batch = await requireBatch(services.database, viewer, { batchId, action: "fill" });
  async function* body() {
    yield Buffer.from([LONG, '{"index":1,"data":[]}', UNREADABLE].join("\n"));
  }
  const incoming = { encoding: "identity" as const, isStrict: false, firstIndex: 0 };
  await receiveLines(services, batch, { ...incoming, body: body() });
  return batchId;
}

const isThere = async (batchId: string) => {
  const [rows] = await server.services.database.sql<{ count: number }[]>`
    select (
      (select count(*) from batches where id = ${batchId})
      + (select count(*) from batch_items where batch_id = ${batchId})
      + (select count(*) from batch_markers where batch_id = ${batchId})
      + (select count(*) from blobs where session_id = ${batchId} and state <> 'deleting')
    )::int as count`;
  return rows?.count === 5 ? true : rows?.count === 0 ? false : rows?.count;
};

async function end(batchId: string, days: number, state = "done"): Promise<void> {
  await server.services.database.sql`
    update batches set state = ${state}, finished_at = now() - ${days} * interval '1 day'
    where id = ${batchId}`;
}

test("a batch goes with its lines and bytes when its time is over, and no other does", async () => {
  const { services } = server;
  const [old, aborted, recent, open] = await Promise.all([0, 1, 2, 3].map(() => newBatch()));
  await end(old ?? "", 3.1);
  await end(aborted ?? "", 4, "aborted");
  await end(recent ?? "", 2.9);
  await Promise.all([expireBatches(services), expireBatches(services)]);
  expect(await Promise.all([old, aborted, recent, open].map((id = "") => isThere(id)))).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

test("a batch goes with its team, and the bytes of its lines with the next sweep", async () => {
  const { services } = server;
  const { sql } = services.database;
  const viewer = { ...owner, teamId: "team_gone" };
  await sql`insert into teams (id, name) values ('team_gone', 'Gone')`;
  const batchId = await newBatch(viewer);
  const kept = await newBatch();
  await sql`delete from teams where id = 'team_gone'`;
  await sql`update blobs set lease_until = now() - interval '1 hour'`;
  await sweepBlobs(services);
  expect(await isThere(batchId)).toBe(false);
  expect(await isThere(kept)).toBe(true);
});

test("with a session goes what the line that started it asked for", async () => {
  const { services } = server;
  const { sql } = services.database;
  const batchId = await newBatch();
  const start = newSession.parse({ prompt: "My secret", repository: "owner/name" });
  const { sessionId } = await startSession(services, owner, start);
  const bodies = () => sql`select body from batch_items where batch_id = ${batchId} and index = 1`;
  await sql`
    update batch_items set body = 'My secret', session_id = ${sessionId}
    where batch_id = ${batchId} and index = 1`;
  const access = await requireSession(services.database, owner, { sessionId, action: "write" });
  await deleteSession(services, { ...access, sessionId: createSessionId() });
  expect(await bodies()).toEqual([{ body: "My secret" }]);
  await deleteSession(services, access);
  expect(await bodies()).toEqual([{ body: null }]);
});
