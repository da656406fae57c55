import { gzipSync, brotliCompressSync } from "node:zlib";
import { expect, test, vi } from "vitest";
import { DIRECT_INGEST_MAX_BYTES } from "#lib/limits.ts";
import { largeDocument, message, part, sha256, useIngest } from "./testing/use-ingest.ts";

const ingest = useIngest();
const small = JSON.stringify({ data: [message(0), part(1, "Hello")] });

async function* inChunks(text: string | Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text as string);
  for (let start = 0; start < bytes.byteLength; start += size)
    yield bytes.subarray(start, start + size);
}

test("a small body makes the session, and is stored before the answer", async () => {
  const sessionId = ingest.newSessionId();
  const { status, body } = await ingest.push(sessionId, small);
  expect(status).toBe(200);
  expect(body.upload).toMatchObject({ state: "done", way: "direct", stored: 2, skipped: 0 });
  const items = await ingest.storedItems(sessionId);
  expect(items.map(({ body: text }) => text)).toEqual(
    [message(0), part(1, "Hello")].map(({ data }) => JSON.stringify(data)),
  );
});

test("a large body is durable when it is answered, then cut into items", async () => {
  const sessionId = ingest.newSessionId();
  const { text, items } = largeDocument();
  const { status, body } = await ingest.push(sessionId, text);
  expect(status).toBe(202);
  expect(body.upload).toMatchObject({ bytes: text.length, sha256: sha256(text), isKept: true });
  const upload = await ingest.ended(body.upload.uploadId);
  expect(upload).toMatchObject({
    state: "done",
    stored: items.length,
    skipped: 0,
    format: "data",
    decodedBytes: text.length,
    attempt: 1,
  });
  expect(await ingest.storedItems(sessionId)).toHaveLength(items.length);
});

test.each([1, 7, 65_536])("a body of unknown length arrives in chunks of %i", async (size) => {
  const sessionId = ingest.newSessionId();
  const { status } = await ingest.pushStream(sessionId, inChunks(small, size));
  expect(status).toBe(200);
  expect(await ingest.storedItems(sessionId)).toHaveLength(2);
});

test("one byte decides between at once and the queue", async () => {
  const fill = (length: number) => `${small}${" ".repeat(length - small.length)}`;
  const atOnce = await ingest.push(ingest.newSessionId(), fill(DIRECT_INGEST_MAX_BYTES));
  expect(atOnce.status).toBe(200);
  const queued = await ingest.push(ingest.newSessionId(), fill(DIRECT_INGEST_MAX_BYTES + 1));
  expect(queued.status).toBe(202);
  expect((await ingest.ended(queued.body.upload.uploadId)).stored).toBe(2);
});

test.each([
  ["gzip", gzipSync],
  ["x-gzip", gzipSync],
  ["br", brotliCompressSync],
])("a body may be encoded as %s", async (encoding, encode) => {
  const direct = ingest.newSessionId();
  const headers = { "content-encoding": encoding };
  expect((await ingest.push(direct, new Uint8Array(encode(small)), headers)).status).toBe(200);
  expect(await ingest.storedItems(direct)).toHaveLength(2);
});

test("an encoded body that decodes to much goes through the queue and is kept as it came", async () => {
  const sessionId = ingest.newSessionId();
  const { text, items } = largeDocument(20_000);
  const encoded = new Uint8Array(gzipSync(text));
  const { status, body } = await ingest.push(sessionId, encoded, { "content-encoding": "gzip" });
  expect(status).toBe(202);
  const upload = await ingest.ended(body.upload.uploadId);
  expect(upload).toMatchObject({ stored: items.length, decodedBytes: text.length });
  expect(upload.bytes).toBe(encoded.byteLength);
  const raw = await fetch(`${ingest.web().url}/api/v1/uploads/${upload.uploadId}/raw`, {
    headers: { cookie: ingest.web().cookie },
  });
  expect(raw.headers.get("content-disposition")).toContain("attachment");
  expect(sha256(new Uint8Array(await raw.arrayBuffer()))).toBe(sha256(encoded));
});

test.each([
  ["{", /ends in the middle/],
  ["{}", /data/],
  ['{"data":{}}', /array/],
  ['{"data":[]} x', /follows the end/],
  ["nope", /neither an object nor an array/],
  ["", /empty/],
])("a small broken body %j is refused, and nothing is left of it", async (text, words) => {
  const sessionId = ingest.newSessionId();
  const { status, body } = await ingest.push(sessionId, text);
  expect(status).toBe(400);
  expect(body).toMatchObject({ code: "invalid_input", detail: expect.stringMatching(words) });
  expect((await ingest.ask("GET", `/api/v1/sessions/${sessionId}/uploads`)).status).toBe(404);
});

test("a large broken body keeps what came before the damage, and says where that is", async () => {
  const sessionId = ingest.newSessionId();
  const { text, items } = largeDocument();
  const { body } = await ingest.push(sessionId, text.slice(0, -2));
  const upload = await ingest.ended(body.upload.uploadId);
  expect(upload).toMatchObject({ state: "failed", stored: items.length, isKept: true });
  expect(upload.error).toMatchObject({ code: "invalid_input", offset: text.length - 2 });
  expect(await ingest.storedItems(sessionId)).toHaveLength(items.length);
});

test("items without identity are named, the others stored, and the bytes are kept", async () => {
  const sessionId = ingest.newSessionId();
  const text = JSON.stringify({ data: [message(0), { data: {} }, part(1)] });
  const { status, body } = await ingest.push(sessionId, text);
  expect(status).toBe(200);
  expect(body.upload).toMatchObject({ stored: 2, skipped: 1, isKept: true });
  expect(body.skipped).toEqual([{ index: 1, reason: expect.any(String) }]);
});

test("the same idempotency key answers the first upload, and another request is a conflict", async () => {
  const sessionId = ingest.newSessionId();
  const headers = { "idempotency-key": "one" };
  const first = await ingest.push(sessionId, small, headers);
  const again = await ingest.push(sessionId, small, headers);
  expect(again.status).toBe(200);
  expect(again.body.upload.uploadId).toBe(first.body.upload.uploadId);
  expect((await ingest.push(sessionId, `${small} `, headers)).status).toBe(409);
  expect((await ingest.push(ingest.newSessionId(), small, headers)).status).toBe(409);
});

test("an upload that was cut off comes again in its old place", async () => {
  const sessionId = ingest.newSessionId();
  const headers = { "idempotency-key": "two" };
  const cut = async function* () {
    yield Buffer.from('{"data":[');
    await vi.waitFor(async () => {
      const { sql } = ingest.services().database;
      expect(await sql`select 1 from uploads where session_id = ${sessionId}`).toHaveLength(1);
    });
    throw new Error("the line is cut");
  };
  await expect(ingest.pushStream(sessionId, cut(), headers)).rejects.toBeInstanceOf(TypeError);
  await ingest.push(sessionId, JSON.stringify({ data: [part(1, "newer")] }));
  const older = inChunks(JSON.stringify({ data: [part(1, "older"), part(2)] }), 7);
  const again = await expectSoon(() => ingest.pushStream(sessionId, older, headers));
  expect(again.body.upload).toMatchObject({ stored: 1, stale: 1 });
  const [item] = await ingest.storedItems(sessionId);
  expect(item?.body).toContain("newer");
});

/** The server learns of a cut connection a moment after the client does. */
async function expectSoon<Value extends { status: number }>(attempt: () => Promise<Value>) {
  for (;;) {
    const answer = await attempt();
    if (answer.status !== 409) return answer;
  }
}

test.each([
  ["text/plain", "", 415],
  ["application/json", "compress", 415],
  ["application/json", "gzip, br", 415],
])(
  "type %s with encoding %j is answered with %i and what is taken",
  async (type, coding, status) => {
    const headers = { "content-type": type, ...(coding && { "content-encoding": coding }) };
    const answer = await ingest.push(ingest.newSessionId(), small, headers);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("accept") ?? answer.headers.get("accept-encoding")).toBeTruthy();
  },
);

test("ids that nobody may make are unknown, a deleted session is gone until it is made again", async () => {
  expect((await ingest.push("ses_short", small)).status).toBe(404);
  expect((await ingest.push(encodeURIComponent("../x"), small)).status).toBe(404);
  const sessionId = ingest.newSessionId();
  await ingest.push(sessionId, small);
  expect((await ingest.ask("DELETE", `/api/v1/sessions/${sessionId}`)).status).toBe(204);
  expect((await ingest.push(sessionId, small)).status).toBe(410);
  const made = await ingest.ask("POST", "/api/v1/sessions", {
    body: JSON.stringify({ sessionId }),
  });
  expect(made.status).toBe(201);
  expect((await ingest.push(sessionId, small)).status).toBe(200);
  expect(await ingest.storedItems(sessionId)).toHaveLength(2);
});
