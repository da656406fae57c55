import { afterAll, beforeAll, expect, test } from "vitest";
import { owner, startTestServer, type TestServer } from "#server/sessions/testing/test-server.ts";
import { createBatch, newBatch } from "./create-batch.ts";
import { findMissing } from "./find-missing.ts";
import { readBatchProgress } from "./read-batch-progress.ts";
import { listMarkers, readBatch, requireBatch } from "./read-batches.ts";
import { receiveLines } from "./receive-lines.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const secret = `whsec_${"A".repeat(32)}`;

async function makeBatch(asked: object = {}): Promise<string> {
  const batch = newBatch.parse({ kind: "import", ...asked });
  return (await createBatch(server.services, owner, batch)).batchId;
}

async function send(batchId: string, lines: readonly string[]) {
  const { services } = server;
  const batch = await requireBatch(services.database, owner, { batchId, action: "fill" });
  async function* body() {
    yield Buffer.from(lines.join("\n"));
  }
  const incoming = { encoding: "identity" as const, isStrict: false, firstIndex: 0 };
  return receiveLines(services, batch, { ...incoming, body: body() });
}

const sendIndexes = (batchId: string, indexes: readonly number[]) =>
  send(
    batchId,
    indexes.map((index) => `{"index":${index},"data":[]}`),
  );

test("a page of unassigned lines is as long as was asked for, and the next one goes on behind it", async () => {
  const { database } = server.services;
  const batchId = await makeBatch();
  await sendIndexes(batchId, [9]);
  for (let request = 0; request < 5; request += 1)
    await send(batchId, [`rubbish ${request}`, `more rubbish ${request}`]);
  const pages = [];
  let last: { after?: number; afterSha256?: string } = {};
  for (;;) {
    const page = await listMarkers(database, batchId, { ...last, limit: 3 });
    if (page.length === 0) break;
    pages.push(page);
    last = { after: page.at(-1)?.position ?? 0, afterSha256: page.at(-1)?.sha256 ?? "" };
  }
  expect(pages.map(({ length }) => length)).toEqual([3, 3, 3, 1]);
  expect(new Set(pages.flat().map(({ sha256 }) => sha256)).size).toBe(10);
  const behindFirst = await listMarkers(database, batchId, { after: 0, limit: 10 });
  expect(behindFirst.map(({ position }) => position)).toEqual([1, 1, 1, 1, 1]);
});

test("lines come from whoever made the batch; others of the team may change it", async () => {
  const { database } = server.services;
  const { sql } = database;
  await sql`insert into users (id, name) values ('usr_other', 'Other')`;
  const other = { ...owner, userId: "usr_other", role: "member" as const };
  const batchId = await makeBatch();
  await expect(requireBatch(database, other, { batchId, action: "fill" })).rejects.toMatchObject({
    code: "forbidden",
    message: expect.stringContaining("made"),
  });
  for (const action of ["read", "follow", "change"] as const)
    expect(await requireBatch(database, other, { batchId, action })).toMatchObject({ batchId });
});

test.each([
  ["https://example.com/hook/T0K3N?key=1", "https://example.com"],
  ["HTTP://example.com:8080?key=1", "http://example.com:8080"],
  ["https://example.com\\hook", "https://example.com"],
  ["https://[2606:4700::1]:8443/x", "https://[2606:4700::1]:8443"],
])("of the webhook %s is shown %s", async (url, shown) => {
  const batchId = await makeBatch({ webhook: { url, secret } });
  const { webhook } = await readBatch(server.services.database, batchId);
  expect(webhook?.url).toBe(shown);
});

test("what a webhook holds before its host is not shown, and is refused", async () => {
  const batchId = await makeBatch({ webhook: { url: "https://example.com", secret } });
  const { database } = server.services;
  await database.sql`
    update batch_webhooks set url = 'https://me:pass@example.com/x' where batch_id = ${batchId}`;
  expect((await readBatch(database, batchId)).webhook?.url).toBe("https://example.com");
  for (const url of ["https://me:pass@example.com/x", "https://token@example.com"]) {
    const asked = newBatch.safeParse({ kind: "import", webhook: { url, secret } });
    expect(asked.error?.issues[0]?.message).toContain("password");
  }
});

test.each([
  [[], undefined, []],
  [[], 3, [[0, 2]]],
  [[0, 1, 2], undefined, []],
  [[0, 1], 4, [[2, 3]]],
  [[2, 3], 4, [[0, 1]]],
  [
    [1, 2, 5, 8],
    undefined,
    [
      [0, 0],
      [3, 4],
      [6, 7],
    ],
  ],
  [
    [1, 2, 5, 8],
    12,
    [
      [0, 0],
      [3, 4],
      [6, 7],
      [9, 11],
    ],
  ],
])("of the lines %j of %s the ranges %j are missing", async (indexes, expectedCount, ranges) => {
  const batchId = await makeBatch({ expectedCount });
  const { missing } = await sendIndexes(batchId, indexes);
  expect(missing).toEqual(ranges);
});

test("of very many gaps the first thousand are named, and the others behind the last of these", async () => {
  const { sql } = server.services.database;
  const batchId = await makeBatch();
  await sendIndexes(
    batchId,
    Array.from({ length: 1_001 }, (_, n) => 2 * n),
  );
  const { missing, isCut } = await findMissing(sql, batchId);
  expect({ count: missing.length, isCut, last: missing.at(-1) }).toEqual({
    count: 1_000,
    isCut: false,
    last: [1_999, 1_999],
  });
  await sendIndexes(batchId, [2_002]);
  expect((await findMissing(sql, batchId)).isCut).toBe(true);
  expect(await findMissing(sql, batchId, { after: 1_999 })).toEqual({
    missing: [[2_001, 2_001]],
    isCut: false,
  });
});

test.each([null, 12])("gaps come page after page, of %s expected lines", async (expectedCount) => {
  const { sql } = server.services.database;
  const batchId = await makeBatch(expectedCount === null ? {} : { expectedCount });
  await sendIndexes(batchId, [1, 2, 5, 9]);
  const whole = await findMissing(sql, batchId);
  const pages: [number, number][] = [];
  for (let after = -1; ;) {
    const { missing, isCut } = await findMissing(sql, batchId, { after, limit: 1 });
    pages.push(...missing);
    if (!isCut) break;
    after = missing[0]![1];
  }
  expect(pages).toEqual(whole.missing);
  expect(pages).toHaveLength(expectedCount === null ? 3 : 4);
  expect(await findMissing(sql, batchId, { after: 11 })).toEqual({ missing: [], isCut: false });
});

test("runs of lines are told in their order, as many as were asked for", async () => {
  const { database } = server.services;
  const batchId = await makeBatch();
  await sendIndexes(batchId, [0, 1, 2, 4, 5, 9]);
  await database.sql`
    update batch_items set state = 'done' where batch_id = ${batchId} and index in (1, 4)`;
  const runs = [
    [0, 0, "queued"],
    [1, 1, "done"],
    [2, 2, "queued"],
    [4, 4, "done"],
    [5, 5, "queued"],
    [9, 9, "queued"],
  ];
  expect((await readBatchProgress(database, batchId))?.lines).toEqual(runs);
  for (const runsMax of [1, 3, 6])
    expect((await readBatchProgress(database, batchId, { runsMax }))?.lines).toEqual(
      runs.slice(0, runsMax),
    );
});
