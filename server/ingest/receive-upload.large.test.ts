import { request } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createSessionId } from "#lib/ids.ts";
import { UPLOAD_MAX_BYTES } from "#lib/limits.ts";
import { startChild, type TestChild } from "#server/database/testing/children.ts";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import { generateDocument } from "./testing/generated-document.ts";
import type { IngestChildAnswer } from "./testing/ingest-child.ts";
import { forgetPeak, readPeakBytes } from "./testing/peak-memory.ts";

const GROWTH_MAX_BYTES = 200 * 1024 * 1024;
/** What Node allows a whole request by default. */
const DEFAULT_REQUEST_LIMIT_MS = 300_000;

let testDatabase: TestDatabase;
let dataDir: string;
let web: TestChild<IngestChildAnswer>;
let worker: TestChild<IngestChildAnswer>;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), "millrace-large-"));
  const start = (role: string) =>
    startChild<IngestChildAnswer>({
      file: "../../ingest/testing/ingest-child.ts",
      args: [testDatabase.url, dataDir, role],
    });
  web = await start("web");
  worker = await start("worker");
});
afterAll(async () => {
  await Promise.all([web.end(), worker.end()]);
  await testDatabase.drop();
  await rm(dataDir, { recursive: true, force: true });
});

/** Sends a body of unknown length over one request, at the server's pace. */
async function send(
  path: string,
  body: AsyncIterable<Uint8Array>,
  type = "application/json",
): Promise<{ status: number; body: string }> {
  const { url, cookie } = web.answer;
  const sent = request(`${url}${path}`, {
    method: "POST",
    headers: { cookie, "content-type": type },
  });
  const answered = new Promise<{ status: number; body: string }>((resolve, reject) => {
    sent.once("error", reject);
    sent.once("response", (response) => {
      text(response).then((content) => {
        resolve({ status: response.statusCode ?? 0, body: content });
      }, reject);
    });
  });
  await pipeline(Readable.from(body, { objectMode: false }), sent);
  return answered;
}

const push = (sessionId: string, body: AsyncIterable<Uint8Array>) =>
  send(`/api/v1/sessions/${sessionId}/ingest`, body);

const readUpload = async (sessionId: string) => {
  const [upload] = await testDatabase.database.sql`
    select state, sha256, bytes::float8 as bytes, stored_count as stored, skipped_count as skipped
    from uploads where session_id = ${sessionId}`;
  return upload;
};

test.concurrent("5 GB arrive whole and are cut into items, in little memory", async () => {
  const sessionId = createSessionId();
  const document = generateDocument(UPLOAD_MAX_BYTES * 0.98);
  const before = await Promise.all([web, worker].map(({ pid }) => forgetPeak(pid)));
  const { status } = await push(sessionId, document.stream());
  expect(status).toBe(202);
  expect(document.byteLength).toBeGreaterThan(5e9);
  await vi.waitFor(
    async () => expect(await readUpload(sessionId)).toMatchObject({ state: "done" }),
    { timeout: 500_000, interval: 500 },
  );
  const peaks = await Promise.all([web, worker].map(({ pid }) => readPeakBytes(pid)));
  const growths = peaks.map((peak, n) => peak - (before[n] ?? 0));
  console.log(`grew by ${growths.map((bytes) => Math.round(bytes / 1e6)).join(" and ")} MB`);
  expect(await readUpload(sessionId)).toEqual({
    state: "done",
    sha256: document.sha256(),
    bytes: document.byteLength,
    stored: document.itemCount,
    skipped: document.oversizedCount,
  });
  const [items] = await testDatabase.database.sql`
    select count(*)::int as count from items where session_id = ${sessionId}`;
  expect(items?.["count"]).toBe(document.itemCount);
  expect(Math.max(...growths)).toBeLessThan(GROWTH_MAX_BYTES);
});

async function* trickle(start: string, piece: string, end: string) {
  const beganMs = performance.now();
  yield Buffer.from(start);
  // The passing of time is what is tested here.
  while (performance.now() - beganMs < DEFAULT_REQUEST_LIMIT_MS + 40_000) {
    yield Buffer.from(piece);
    await delay(5_000);
  }
  yield Buffer.from(end);
}

test.concurrent("a body that trickles for longer than Node's limit is accepted", async () => {
  const sessionId = createSessionId();
  const item = '{"type":"message","data":{"id":"msg_0","role":"user"}}';
  const { status, body } = await push(sessionId, trickle('{"data":[', " ", `${item}]}`));
  expect({ status, body }).toMatchObject({ status: 200 });
  expect(await readUpload(sessionId)).toMatchObject({ state: "done", stored: 1 });
});

test.concurrent("lines of a batch that trickle for longer than Node's limit are accepted", async () => {
  const path = "/api/v1/batches";
  const made = await send(path, Readable.from('{"kind":"import","expectedCount":2}'));
  const { batch } = JSON.parse(made.body) as { batch: { batchId: string } };
  const line = (index: number) => `{"index":${index},"data":[]}\n`;
  const { status, body } = await send(
    `${path}/${batch.batchId}/items`,
    trickle(line(0), "\n", line(1)),
    "application/x-ndjson",
  );
  expect({ status, body: JSON.parse(body) }).toMatchObject({
    status: 200,
    body: { accepted: 2, sealed: true },
  });
});
