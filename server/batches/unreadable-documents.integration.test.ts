import { expect, test } from "vitest";
import { message, part } from "#server/ingest/testing/use-ingest.ts";
import { sessionLine, useBatchWork } from "./testing/use-batch-work.ts";

const { server, post, newBatch, send, over, itemsOf } = useBatchWork();

const countSessions = async (): Promise<number> => {
  const [row] = await server.services().database.sql<{ count: number }[]>`
    select count(*)::int as count from sessions`;
  return row?.count ?? -1;
};

/** Too long for a row: it waits in a blob, and is read by the queue. */
const filling = "x".repeat(3_000_000);

test.each([
  ["whose data is no list", { data: "nothing" }, "`data` is not an array"],
  ["whose data is no list, a long one,", { data: "nothing", filling }, "`data` is not an array"],
  ["of nothing that is an item", { data: [5, 6] }, "Nothing in it could be read, 2 skipped"],
  [
    "of nothing that is an item, a long one,",
    { data: [5, 6], filling },
    "Nothing in it could be read, 2 skipped",
  ],
  ["whose messages are none", { messages: 7 }, "`messages` is not an array"],
  ["that tells of no session", { info: 3 }, "Nothing in it could be read, 1 skipped"],
])("a line %s fails, leaves no session, and a better one takes its place", async (...row) => {
  const [, document, reason] = row;
  const before = await countSessions();
  const batchId = await newBatch({ kind: "import", expectedCount: 2 });
  await send(batchId, [sessionLine(0, "Good"), { index: 1, ...document }]);
  const half = { counts: { done: 1, failed: 1 }, skippedItemCount: 0 };
  expect(await over(batchId)).toMatchObject(half);
  const failed = { state: "failed", fault: "invalid", sessionId: null, uploadId: null };
  const [, bad] = await itemsOf(batchId);
  expect(bad).toMatchObject({ ...failed, reason: expect.stringContaining(reason) });
  expect(await countSessions()).toBe(before + 1);

  // The same bytes would fail again.
  expect((await post(`/${batchId}/retry`)).body).toMatchObject({ retried: 0, unreadable: 1 });
  const sent = await send(batchId, [sessionLine(1, "Better")]);
  expect(sent.body).toMatchObject({ accepted: 1, conflictCount: 0 });
  expect(await over(batchId)).toMatchObject({ counts: { done: 2, failed: 0 } });
  const [, good] = await itemsOf(batchId);
  expect(good).toMatchObject({ state: "done", fault: null, reason: null, storedCount: 3 });
  expect(await server.storedItems(good?.sessionId ?? "")).toHaveLength(3);
  expect(await countSessions()).toBe(before + 2);
});

test.each(["", filling])("a session that was there before stays as it was", async (padding) => {
  const named = { source: "harvest", externalId: `pears ${padding.length}` };
  const lineOf = (data: unknown[]) => ({ index: 0, session: named, data, padding });
  const first = await newBatch({ kind: "import", expectedCount: 1 });
  await send(first, [lineOf([message(0), part(1)])]);
  await over(first);
  const [item] = await itemsOf(first);
  const sessionId = item?.sessionId ?? "";
  const second = await newBatch({ kind: "import", expectedCount: 1 });
  await send(second, [lineOf([7])]);
  expect(await over(second)).toMatchObject({ counts: { failed: 1 } });
  expect(await itemsOf(second)).toMatchObject([{ fault: "invalid", sessionId }]);
  expect(await server.storedItems(sessionId)).toHaveLength(2);

  await send(second, [lineOf([message(0), part(1), part(2)])]);
  expect(await over(second)).toMatchObject({ counts: { done: 1, failed: 0 } });
  expect(await itemsOf(second)).toMatchObject([{ fault: null, sessionId }]);
  expect(await server.storedItems(sessionId)).toHaveLength(3);
});

test.each([
  ["the batch's own upload takes the session back that was made for it", true],
  ["an upload that somebody else's request brought keeps its session", false],
])("%s", async (_, isOwn) => {
  const batchId = await newBatch({ kind: "import", expectedCount: 1 });
  const { body } = await server.ask("POST", "/api/v1/sessions", { body: "{}" });
  const key = isOwn ? `${batchId}/0/sha` : `another ${batchId}`;
  const headers = { "idempotency-key": key };
  const pushed = await server.push(body.sessionId, '{"data":[5]}', headers);
  await send(batchId, [{ index: 0, upload: pushed.body.upload.uploadId }]);
  expect(await over(batchId)).toMatchObject({ counts: { failed: 1 } });
  expect(await itemsOf(batchId)).toMatchObject([{ state: "failed", fault: "invalid" }]);
  const session = await server.ask("GET", `/api/v1/sessions/${body.sessionId}`);
  expect(session.status).toBe(isOwn ? 404 : 200);
});

test.each([
  [
    "that holds an output",
    (id: string) => server.ask("PUT", `/api/v1/sessions/${id}/outputs/report`, { body: "kept" }),
    201,
  ],
  [
    "that somebody else came upon",
    (id: string) =>
      server.ask("POST", "/api/v1/sessions", { body: JSON.stringify({ sessionId: id }) }),
    200,
  ],
])("a session %s before its line's upload is not taken back", async (_, touch, status) => {
  const batchId = await newBatch({ kind: "import", expectedCount: 1 });
  const { body } = await server.ask("POST", "/api/v1/sessions", { body: "{}" });
  expect((await touch(body.sessionId)).status).toBe(status);
  const headers = { "idempotency-key": `${batchId}/0/sha` };
  const pushed = await server.push(body.sessionId, '{"data":[5]}', headers);
  await send(batchId, [{ index: 0, upload: pushed.body.upload.uploadId }]);
  expect(await over(batchId)).toMatchObject({ counts: { failed: 1 } });
  expect((await server.ask("GET", `/api/v1/sessions/${body.sessionId}`)).status).toBe(200);
});

test("a document that breaks off keeps what was read, and a whole one takes the place of its line", async () => {
  const batchId = await newBatch({ kind: "import", expectedCount: 1 });
  const { body } = await server.ask("POST", "/api/v1/sessions", { body: "{}" });
  const items = [message(0), part(1), part(2, filling)].map((item) => JSON.stringify(item));
  const uploadOf = async (text: string) => {
    const headers = { "idempotency-key": `${batchId}/0/${text.length}` };
    return (await server.push(body.sessionId, text, headers)).body.upload.uploadId;
  };
  const broken = await uploadOf(`{"data":[${items.join(",")},`);
  await send(batchId, [{ index: 0, upload: broken }]);
  expect(await over(batchId)).toMatchObject({ counts: { failed: 1 } });
  expect(await itemsOf(batchId)).toMatchObject([
    { fault: "invalid", sessionId: body.sessionId, reason: expect.stringContaining("ends") },
  ]);
  expect(await server.storedItems(body.sessionId)).not.toHaveLength(0);
  expect((await post(`/${batchId}/retry`)).body).toMatchObject({ retried: 0, unreadable: 1 });

  const whole = await uploadOf(`{"data":[${items.join(",")}]}`);
  const sent = await send(batchId, [{ index: 0, upload: whole }]);
  expect(sent.body).toMatchObject({ accepted: 1, conflictCount: 0 });
  expect(await over(batchId)).toMatchObject({ counts: { done: 1, failed: 0 } });
  expect(await server.storedItems(body.sessionId)).toHaveLength(3);
});
