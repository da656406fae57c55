import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { line, lines, ndjson, useBatchRoutes } from "./testing/use-batch-routes.ts";

const { server, post, create, get, send, newBatchId } = useBatchRoutes();

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

const secret = `whsec_${"A".repeat(32)}`;

test.each([
  [{ kind: "copy" }, "kind"],
  [{ kind: "import", expectedCount: 0 }, "expectedCount"],
  [{ kind: "import", expectedCount: -1 }, "expectedCount"],
  [{ kind: "import", expectedCount: 1.5 }, "expectedCount"],
  [{ kind: "import", expectedCount: 1_000_001 }, "expectedCount"],
  [{ kind: "import", concurrency: 0 }, "concurrency"],
  [{ kind: "import", defaults: { title: "\0" } }, "defaults"],
  [{ kind: "import", colour: "red" }, ""],
  [{ kind: "start", defaults: { repository: "owner/name", profile: " " } }, "defaults.profile"],
  [{ kind: "start", defaults: { prompt: 5 } }, "defaults.prompt"],
  [{ kind: "start", defaults: { agent: "nobody" } }, "defaults.agent"],
  [{ kind: "start", defaults: { index: 5 } }, "defaults"],
  [{ kind: "import", defaults: { prompt: "Look" } }, "defaults"],
  [{ kind: "import", defaults: { session: 5 } }, "defaults.session"],
  [{ kind: "import", webhook: { url: "http://10.0.0.7/", secret } }, "webhook.url"],
  [{ kind: "import", webhook: { url: "https://[::1]/", secret } }, "webhook.url"],
])("%j makes no batch", async (asked, field) => {
  expect(await create(asked)).toMatchObject({ status: 400, body: { field } });
});

test("the same key with the same request is the same batch, with another one a conflict", async () => {
  const asked = { kind: "import", expectedCount: 3, idempotencyKey: "harvest" };
  const first = await create(asked);
  expect(first.status).toBe(201);
  const { batchId } = first.body.batch;
  expect(await create(asked)).toMatchObject({ status: 200, body: { batch: { batchId } } });
  expect(await create({ ...asked, expectedCount: 4 })).toMatchObject({ status: 409 });
});

test("a request is the same in whatever order its members were written", async () => {
  const asked = { kind: "start", idempotencyKey: "order" };
  const made = await create({
    ...asked,
    defaults: { agent: "millrace", environment: { A: "1", B: "2" } },
  });
  const again = { environment: { B: "2", A: "1" }, agent: "millrace" };
  expect(await create({ ...asked, defaults: again })).toMatchObject({
    status: 200,
    body: { batch: { batchId: made.body.batch.batchId } },
  });
});

test("lines are taken once, whatever is sent again, and the last of them seals the batch", async () => {
  const batchId = await newBatchId({ expectedCount: 5 });
  expect(await send(batchId, lines(3, 0))).toMatchObject({
    status: 200,
    body: {
      accepted: 2,
      deduplicated: 0,
      sealed: false,
      received: 2,
      expected: 5,
      missing: [
        [1, 2],
        [4, 4],
      ],
    },
  });
  expect((await get(`/${batchId}/missing`)).body.missing).toEqual([
    [1, 2],
    [4, 4],
  ]);
  expect((await get(`/${batchId}/missing?limit=1&after=2`)).body).toEqual({
    missing: [[4, 4]],
    isMissingCut: false,
  });
  expect((await get(`/${batchId}`)).body.batch).toMatchObject({ missingCount: 3 });
  expect((await send(batchId, lines(0, 1, 2, 3, 4))).body).toMatchObject({
    accepted: 3,
    deduplicated: 2,
    sealed: true,
    missing: [],
  });
  expect((await send(batchId, lines(0, 1, 2, 3, 4))).body).toMatchObject({
    accepted: 0,
    deduplicated: 5,
    sealed: true,
  });
  const { batch } = (await get(`/${batchId}`)).body;
  expect(batch).toMatchObject({ duplicateCount: 7, missingCount: 0 });
});

test("the first line of an index stands, and both hashes are told", async () => {
  const batchId = await newBatchId();
  await send(batchId, line(0));
  const conflict = { index: 0, sha256: sha256(line(0, "y")), storedSha256: sha256(line(0)) };
  const { body } = await send(batchId, line(0, "y"));
  expect(body).toMatchObject({ accepted: 0, conflictCount: 1, conflicts: [conflict] });
  const { items } = (await get(`/${batchId}/items`)).body;
  expect(items).toMatchObject([{ sha256: conflict.storedSha256, conflictSha256: conflict.sha256 }]);
});

test("an index that comes twice in one body counts once", async () => {
  const batchId = await newBatchId();
  const { body } = await send(batchId, `${lines(0, 0)}${line(0, "y")}`);
  expect(body).toMatchObject({ accepted: 1, deduplicated: 1, conflictCount: 1, received: 1 });
});

test("a line break of another system is no other line", async () => {
  const batchId = await newBatchId();
  await send(batchId, lines(0, 1));
  const { body } = await send(batchId, `\uFEFF${lines(0, 1).replaceAll("\n", "\r\n")}`);
  expect(body).toMatchObject({ deduplicated: 2, conflictCount: 0 });
});

test("without an index the place counts, from where the request says", async () => {
  const batchId = await newBatchId({ expectedCount: 4 });
  const data = '{"data":[]}';
  await send(batchId, `${data}\n\n${data}`);
  const { body } = await send(batchId, `${data}\n${data}`, "?firstIndex=2");
  expect(body).toMatchObject({ accepted: 2, sealed: true, missing: [] });
});

test("twelve kinds of bad lines are named by index and reason, and none makes a session", async () => {
  const batchId = await newBatchId({ expectedCount: 30 });
  const bad: [text: string | Uint8Array, index: number | null, fault: string][] = [
    ['{"index":1,"data":[}', 1, "not_json"],
    ['{"index":2,"data":[', 2, "not_json"],
    ["rubbish", null, "not_json"],
    [Buffer.from('{"index":4,"data":["\xff"]}', "latin1"), 4, "not_utf8"],
    ["[1]", null, "not_object"],
    ["7", null, "not_object"],
    ['{"index":-1,"data":[]}', null, "bad_index"],
    ['{"index":"8","data":[]}', null, "bad_index"],
    ['{"index":30,"data":[]}', 30, "index_out_of_range"],
    ['{"index":10}', 10, "invalid"],
    ['{"index":11,"data":[],"session":{"colour":"red"}}', 11, "invalid"],
    ['{"index":12,"upload":"none"}', 12, "invalid"],
  ];
  const body = Buffer.concat(
    bad.flatMap(([text], n) => [Buffer.from(text), Buffer.from(`\n${line(15 + n)}\n`)]),
  );
  const received = (await send(batchId, body)).body;
  expect(received).toMatchObject({ accepted: 12, refusedCount: 12 });
  expect(
    received.refused.map(({ index, fault }: { index: number; fault: string }) => [index, fault]),
  ).toEqual(bad.map(([, index, fault]) => [index, fault]));
  const failed = (await get(`/${batchId}/items?state=failed`)).body.items;
  expect(failed.map(({ index }: { index: number }) => index)).toEqual([1, 2, 4, 10, 11, 12]);
  const unassigned = (await get(`/${batchId}/items?state=unassigned`)).body.lines;
  expect(unassigned).toHaveLength(6);
  const reason = "Line 5 of its request is not JSON";
  expect(unassigned[0]).toMatchObject({ position: 4, lineNumber: 5, reason });
});

test("where no line says its index, a line that cannot be read has its place", async () => {
  const batchId = await newBatchId({ expectedCount: 3 });
  const { body } = await send(batchId, '{"data":[]}\nrubbish\n{"data":[]}\n');
  expect(body).toMatchObject({ accepted: 2, refusedCount: 1, sealed: true, missing: [] });
  expect((await get(`/${batchId}/items?state=failed`)).body.items).toMatchObject([{ index: 1 }]);
});

test("that place counts from the request's first index", async () => {
  const batchId = await newBatchId({ expectedCount: 4 });
  await send(batchId, '{"data":[]}\n{"data":[]}\n');
  const { body } = await send(batchId, '{"data":[]}\nrubbish\n', "?firstIndex=2");
  expect(body).toMatchObject({ accepted: 1, refusedCount: 1, sealed: true, missing: [] });
  expect((await get(`/${batchId}/items?state=failed`)).body.items).toMatchObject([{ index: 3 }]);
});

test("a line that can be read takes the place of one that could not, before and after the seal", async () => {
  const batchId = await newBatchId({ expectedCount: 2 });
  expect((await send(batchId, `{"index":0\n${line(1)}`)).body.missing).toEqual([[0, 0]]);
  expect((await send(batchId, `{"index":0,"data":[}\n`)).body).toMatchObject({ sealed: true });
  expect((await send(batchId, lines(0, 1))).body).toMatchObject({ accepted: 1, deduplicated: 1 });
  expect((await send(batchId, '{"index":0,"data":[}\n')).body).toMatchObject({ received: 2 });
  expect((await get(`/${batchId}`)).body.batch.counts).toMatchObject({ failed: 0, queued: 2 });
});

test.each([
  ['{"index":0,"session":5,"data":[]}', "session: This is not an object"],
  ['{"index":0,"session":"x","data":[]}', "session: This is not an object"],
  ['{"index":0,"session":["x"],"data":[]}', "session: This is not an object"],
  ['{"index":0,"session":{"colour":"red"},"data":[]}', 'session: There is no field "colour"'],
  ['{"index":0,"upload":5}', "upload: This is not a text"],
])("why %s is refused is told in plain words", async (text, reason) => {
  const { body } = await send(await newBatchId(), text);
  expect(body.refused).toMatchObject([{ index: 0, fault: "invalid", reason }]);
});

const outOfRange = {
  fault: "index_out_of_range",
  detail: "Line 2 of its request: The index is not below 2",
};

const notJson = "Line 2 of its request is not JSON";

test.each([
  ["no JSON", "rubbish", { fault: "not_json", detail: notJson }],
  ["an index out of range", '{"index":2,"data":[]}', outOfRange],
  ["the same of a long line", `{"index":2,"data":["${"x".repeat(3_000_000)}`, outOfRange],
])("in strict mode %s ends the request, and what came before stays", async (_, bad, told) => {
  const batchId = await newBatchId({ expectedCount: 2 });
  const refused = await send(batchId, `${line(0)}\n${bad}\n${line(1)}\n`, "?strict=1");
  expect(refused).toMatchObject({ status: 400, body: { line: 2, ...told } });
  expect((await get(`/${batchId}`)).body.batch).toMatchObject({ received: 1 });
});

test("in strict mode the first line that a sealed batch takes no more ends the request", async () => {
  const batchId = await newBatchId();
  await send(batchId, lines(0));
  await post(`/${batchId}/seal`);
  expect(await send(batchId, lines(0), "?strict=1")).toMatchObject({ status: 200 });
  expect(await send(batchId, lines(0, 1, 2), "?strict=1")).toMatchObject({
    status: 400,
    body: {
      line: 2,
      index: 1,
      fault: "batch_closed",
      detail: "Line 2 of its request: The batch takes no more lines",
    },
  });
  expect((await send(batchId, lines(1))).body.refused).toMatchObject([{ fault: "batch_closed" }]);
});

test("a line that is too long for a row is kept in a blob, and once only", async () => {
  const batchId = await newBatchId();
  const long = `{"data":["${"x".repeat(3_000_000)}"],"index":0}`;
  expect((await send(batchId, long)).body).toMatchObject({ accepted: 1 });
  expect((await send(batchId, `${long}\n${line(1)}`)).body).toMatchObject({
    accepted: 1,
    deduplicated: 1,
  });
  const blobs = await server.services().database.sql<{ state: string; isOurs: boolean }[]>`
    select b.state, i.index is not null as "isOurs"
    from blobs b left join batch_items i on i.blob_id = b.id where b.session_id = ${batchId}
    order by b.state`;
  expect(blobs).toEqual([
    { state: "complete", isOurs: true },
    { state: "deleting", isOurs: false },
  ]);
});

test("packed lines are unpacked; other types, encodings and methods are refused", async () => {
  const batchId = await newBatchId();
  const path = `/${batchId}/items`;
  const gzip = { ...ndjson, "content-encoding": "gzip" };
  expect((await post(path, gzipSync(lines(0, 1)), gzip)).body).toMatchObject({ accepted: 2 });
  expect((await post(path, "{}", { "content-type": "application/json" })).status).toBe(415);
  expect((await post(path, "{}", { ...ndjson, "content-encoding": "rot13" })).status).toBe(415);
  expect((await server.ask("PATCH", `/api/v1/batches${path}`)).status).toBe(405);
  const cut = gzipSync(lines(2, 3)).subarray(0, -10);
  expect((await post(path, cut, gzip)).status).toBe(400);
});

test("a batch takes no lines once it is sealed or aborted", async () => {
  const sealed = await newBatchId();
  await send(sealed, lines(0));
  expect((await post(`/${sealed}/seal`)).body.batch).toMatchObject({ state: "sealed" });
  expect((await post(`/${sealed}/seal`)).status).toBe(200);
  expect((await send(sealed, lines(0, 1))).body).toMatchObject({
    deduplicated: 1,
    refused: [{ index: 1, fault: "batch_closed" }],
    received: 1,
  });
  const aborted = await newBatchId();
  await send(aborted, lines(0));
  expect((await post(`/${aborted}/abort`)).body.batch).toMatchObject({
    state: "aborted",
    counts: { cancelled: 1, queued: 0 },
  });
  expect((await send(aborted, lines(1))).status).toBe(409);
  expect((await post(`/${aborted}/seal`)).status).toBe(409);
  expect((await post(`/${aborted}/retry`)).status).toBe(409);
  const short = await newBatchId({ expectedCount: 2 });
  expect((await post(`/${short}/seal`)).status).toBe(409);
});
