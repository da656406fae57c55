import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { UPLOAD_MAX_BYTES } from "#lib/limits.ts";
import { part, useIngest } from "./testing/use-ingest.ts";

const ingest = useIngest();
const good = JSON.stringify(part(1));
const packed = { gzip: gzipSync(`[${good}]`), br: brotliCompressSync(`[${good}]`) };

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += size)
    yield bytes.subarray(start, start + size);
}

/** What is sent, how it is packed, and what the answer names. */
const documents: [string, string | Uint8Array, string, object][] = [
  ["no JSON", `[${good},x]`, "identity", { fault: "not_json", offset: good.length + 2, index: 1 }],
  ["data that is no array", '{"data":{}}', "identity", { fault: "data_not_array", offset: 11 }],
  ["a cut body", `[${good},{"ty`, "identity", { fault: "truncated", offset: good.length + 6 }],
  [
    "invalid UTF-8",
    Buffer.concat([Buffer.from(`[${good},"`), Buffer.from([0xc3, 0x28])]),
    "identity",
    { fault: "encoding", offset: good.length + 4, index: 1 },
  ],
  ["100,000 levels", "[".repeat(100_000), "identity", { fault: "too_deep", offset: 1_001 }],
  [
    "gzip that is cut",
    packed.gzip.subarray(0, -5),
    "gzip",
    { fault: "content_encoding", offset: packed.gzip.byteLength - 5 },
  ],
  [
    "brotli that is cut",
    packed.br.subarray(0, -5),
    "br",
    { fault: "content_encoding", offset: packed.br.byteLength - 5 },
  ],
  [
    "something behind brotli",
    Buffer.concat([packed.br, packed.br]),
    "br",
    { fault: "content_encoding", offset: packed.br.byteLength },
  ],
];

describe.each([1, 7, 65_536])("in chunks of %i bytes", (size) => {
  test.each(documents)("%s is told with its place", async (...[, body, encoding, place]) => {
    const headers = { "content-encoding": encoding };
    const source = inChunks(Buffer.from(body), size);
    const answer = await ingest.pushStream(ingest.newSessionId(), source, headers);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([
      400,
      "application/problem+json",
    ]);
    const { offset } = answer.body;
    expect(answer.body).toMatchObject({ title: "Bad Request", code: "invalid_input", ...place });
    expect(answer.body.detail).toContain(`byte ${offset}`);
  });
});

const heads: [string, string, Record<string, string>, number, object][] = [
  ["an id of another pattern", "ses_short", {}, 404, { field: "sessionId" }],
  ["an id with a slash", "..%2Fx", {}, 404, { field: "sessionId" }],
  ["an id with a NUL", "ses_%00", {}, 404, { field: "sessionId" }],
  ["a type", "", { "content-type": "text/html" }, 415, { field: "Content-Type" }],
  ["an encoding", "", { "content-encoding": "lzma" }, 415, { field: "Content-Encoding" }],
  ["a key", "", { "idempotency-key": "x".repeat(201) }, 400, { field: "Idempotency-Key" }],
];

test.each(heads)("%s that cannot be is named", async (...[, id, headers, status, place]) => {
  const answer = await ingest.push(id || ingest.newSessionId(), `[${good}]`, headers);
  expect(answer.status).toBe(status);
  expect(answer.body).toMatchObject({ status, ...place });
});

test("a length that is too much is named before any byte comes", async () => {
  const headers = {
    "tus-resumable": "1.0.0",
    "upload-length": String(UPLOAD_MAX_BYTES + 1),
    "upload-metadata": `sessionId ${btoa(ingest.newSessionId())}`,
  };
  const { status, body } = await ingest.ask("POST", "/api/v1/uploads", { headers });
  expect(status).toBe(413);
  expect(body).toMatchObject({ maxBytes: UPLOAD_MAX_BYTES, field: "Upload-Length" });
  expect(body.detail).toContain(String(UPLOAD_MAX_BYTES));
});

test("an item without identity has its index and a reason", async () => {
  const items = [part(1), { type: "part", data: { id: "a/b", messageID: "m" } }, part(2)];
  const { body } = await ingest.push(ingest.newSessionId(), JSON.stringify(items));
  expect(body.skipped).toEqual([{ index: 1, reason: expect.stringContaining("`id` of the part") }]);
});
