import { expect, test } from "vitest";
import { message, useIngest } from "#server/ingest/testing/use-ingest.ts";
import { listSkippedItems } from "#server/items/list-skipped-items.ts";
import { openRawSocket } from "./testing/raw-socket.ts";

const ingest = useIngest({ isIdle: true });

const pushMessage = async () => {
  const { body } = await ingest.push(ingest.newSessionId(), JSON.stringify([message(0)]));
  return body.upload as { sessionId: string; uploadId: string };
};

test.each(["%00", "upl_", "", "x".repeat(200)])(
  "uploads before %j are refused by the parameter's name",
  async (before) => {
    const { sessionId } = await pushMessage();
    for (const path of [`/sessions/${sessionId}/uploads?`, "/uploads?state=failed&"]) {
      const answer = await ingest.ask("GET", `/api/v1${path}before=${before}`);
      expect(answer).toMatchObject({ status: 400, body: { field: "before" } });
    }
  },
);

test("uploads before one are those that were accepted earlier", async () => {
  const { sessionId, uploadId } = await pushMessage();
  const later = await ingest.push(sessionId, JSON.stringify([message(2)]));
  const path = `/api/v1/sessions/${sessionId}/uploads?before=${later.body.upload.uploadId}`;
  expect((await ingest.ask("GET", path)).body.uploads).toMatchObject([{ uploadId }]);
});

const skippedBody = JSON.stringify({ data: [message(0), 1, { type: "part", data: {} }, null] });

const readSkipped = async (uploadId: string, query = "") =>
  (await ingest.ask("GET", `/api/v1/uploads/${uploadId}/skipped${query}`)).body;

test("what an upload was refused is answered again with its key, and listed page by page", async () => {
  const sessionId = ingest.newSessionId();
  const key = { "idempotency-key": sessionId };
  const { body: first } = await ingest.push(sessionId, skippedBody, key);
  expect(first.skipped.map(({ index }: { index: number }) => index)).toEqual([1, 2, 3]);
  const { body: again } = await ingest.push(sessionId, skippedBody, key);
  expect(again.skipped).toEqual(first.skipped);

  const { uploadId } = first.upload;
  const page = await readSkipped(uploadId, "?limit=2");
  expect(page).toMatchObject({ uploadId, next: 2, skipped: first.skipped.slice(0, 2) });
  expect(page.skipped[1]).toMatchObject({ type: "part", byteSize: 25 });
  expect(await readSkipped(uploadId, "?limit=2&after=2")).toMatchObject({
    next: null,
    skipped: first.skipped.slice(2),
  });
});

test.each(["limit=0", "limit=many", "after=x"])(
  "skipped items with %s are refused",
  async (query) => {
    const { uploadId } = await pushMessage();
    expect(await readSkipped(uploadId, `?${query}`)).toMatchObject({ code: "invalid_input" });
  },
);

test("the same bytes twice are two uploads with their refusals, which the session counts once", async () => {
  const sessionId = ingest.newSessionId();
  const uploads = [];
  for (const _ of [1, 2, 3]) uploads.push((await ingest.push(sessionId, skippedBody)).body.upload);
  const other = (await ingest.push(sessionId, `${skippedBody} `)).body.upload;
  for (const { uploadId } of [...uploads, other])
    expect((await readSkipped(uploadId)).skipped).toHaveLength(3);
  const { sql } = ingest.services().database;
  const counts =
    await sql`select skipped_item_count as count from sessions where id = ${sessionId}`;
  expect(counts).toEqual([{ count: 6 }]);
  const ledger = await listSkippedItems(ingest.services().database, {
    sessionId,
    generation: 1,
    maxCount: 100,
  });
  expect(ledger.map(({ uploadId, itemIndex }) => [uploadId, itemIndex])).toEqual(
    [uploads[0], other].flatMap(({ uploadId }) => [1, 2, 3].map((index) => [uploadId, index])),
  );
});

test("a small body that is refused at once is on its session's page, and no dead letter", async () => {
  const { sessionId } = await pushMessage();
  const broken = '{"data":[';
  expect((await ingest.push(sessionId, broken)).status).toBe(400);
  const { uploads } = (await ingest.ask("GET", `/api/v1/sessions/${sessionId}/uploads`)).body;
  const [refused] = uploads;
  expect(refused).toMatchObject({ state: "failed", way: "direct", bytes: broken.length });
  const letters = (await ingest.ask("GET", "/api/v1/uploads?state=failed")).body.uploads;
  expect(letters.map((letter: { uploadId: string }) => letter.uploadId)).not.toContain(
    refused.uploadId,
  );
});

test.each([
  ["shorter than its announced length", "Content-Length: 100", "[1,2,", 5],
  ["without its last chunk", "Transfer-Encoding: chunked", "3\r\n[1,\r\n", 3],
])("a body %s is told where it ended, while its sender listens", async (...row) => {
  const [, framing, sent, offset] = row;
  const { port, cookie } = ingest.web();
  const sessionId = ingest.newSessionId();
  const socket = await openRawSocket(port);
  socket.send(
    `POST /api/v1/sessions/${sessionId}/ingest HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
      `Cookie: ${cookie}\r\nContent-Type: application/json\r\n${framing}\r\n\r\n${sent}`,
  );
  socket.end();
  const answer = await socket.readAll();
  expect(answer).toMatch(/^connection: close$/im);
  expect(JSON.parse(/\{.*\}/.exec(answer)?.[0] ?? "")).toMatchObject({
    offset,
    code: "unavailable",
    detail: `The connection ended within the upload, after ${offset} bytes`,
  });
});
