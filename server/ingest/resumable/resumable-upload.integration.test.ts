import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createRandom } from "#lib/testing/create-random.ts";
import { largeDocument, message, part, sha256, useIngest } from "../testing/use-ingest.ts";
import {
  askTus,
  beginPiece,
  beginUpload,
  sendPiece,
  uploadWithClient,
} from "./testing/tus-requests.ts";

const ingest = useIngest();
const target = () => ingest.web();
const idOf = (path: string) => path.split("/").at(-1) ?? "";
const small = Buffer.from(JSON.stringify({ data: [message(0), part(1, "Hello")] }));
const { text, items } = largeDocument(6_000);
const large = Buffer.from(text);

const begin = (sessionId: string, length: number) =>
  beginUpload(target(), sessionId, { "upload-length": String(length) });

const offsetOf = async (path: string) =>
  Number((await askTus(target(), `HEAD ${path}`)).headers.get("upload-offset"));

describe("the client that browsers use", () => {
  test("uploads in one request: bytes, hash and items are right", async () => {
    const sessionId = ingest.newSessionId();
    const path = await uploadWithClient(target(), large, {
      metadata: { sessionId, filename: "folder/my session.json", filetype: "application/json" },
    });
    const upload = await ingest.ended(idOf(path));
    expect(upload).toMatchObject({
      state: "done",
      way: "resumable",
      name: "my session.json",
      announcedBytes: large.byteLength,
      bytes: large.byteLength,
      sha256: sha256(large),
      stored: items.length,
      skipped: 0,
    });
    expect(await ingest.storedItems(sessionId)).toHaveLength(items.length);
    const raw = await fetch(`${target().url}${path}/raw`, { headers: { cookie: target().cookie } });
    expect(sha256(Buffer.from(await raw.arrayBuffer()))).toBe(sha256(large));
  });

  test("uploads in many requests", async () => {
    const sessionId = ingest.newSessionId();
    const path = await uploadWithClient(target(), large, {
      metadata: { sessionId },
      chunkSize: 300_001,
    });
    expect(await ingest.ended(idOf(path))).toMatchObject({
      state: "done",
      sha256: sha256(large),
      stored: items.length,
    });
  });

  test("sends the first bytes along, and the length at the end", async () => {
    for (const options of [{ uploadDataDuringCreation: true }, { uploadLengthDeferred: true }]) {
      const path = await uploadWithClient(target(), large, {
        metadata: { sessionId: ingest.newSessionId() },
        chunkSize: 1_000_000,
        ...options,
      });
      expect(await ingest.ended(idOf(path))).toMatchObject({
        announcedBytes: large.byteLength,
        sha256: sha256(large),
        stored: items.length,
      });
    }
  });

  test("may send what is encoded", async () => {
    const encoded = gzipSync(large);
    const path = await uploadWithClient(target(), encoded, {
      metadata: { sessionId: ingest.newSessionId(), encoding: "gzip", filename: "a.json.gz" },
    });
    expect(await ingest.ended(idOf(path))).toMatchObject({
      encoding: "gzip",
      bytes: encoded.byteLength,
      sha256: sha256(encoded),
      decodedBytes: large.byteLength,
      stored: items.length,
    });
  });

  test("of no byte at all is an upload that fails with a word", async () => {
    const path = await uploadWithClient(target(), Buffer.alloc(0), {
      metadata: { sessionId: ingest.newSessionId() },
    });
    const upload = await ingest.ended(idOf(path));
    expect(upload).toMatchObject({ state: "failed", bytes: 0, sha256: sha256("") });
    expect(upload.error?.code).toBe("invalid_input");
  });
});

describe("a line that breaks", () => {
  test.each([1, 2, 3])("goes on at the byte where it was cut, seed %i", async (seed) => {
    const random = createRandom(seed);
    const sessionId = ingest.newSessionId();
    const path = await begin(sessionId, large.byteLength);
    let offset = 0;
    for (let cut = 0; cut < 4; cut += 1) {
      const count = 200_000 + Math.floor((random() * (large.byteLength - offset - 400_000)) / 2);
      const piece = beginPiece(target(), path, { offset, announced: large.byteLength - offset });
      await piece.send(large.subarray(offset, offset + count));
      piece.cut();
      // What the system still held may be lost with the connection; what was told to be there may not.
      const atLeast = offset + count - 128 * 1024;
      await expect
        .poll(() => offsetOf(path), { timeout: 10_000, interval: 10 })
        .toBeGreaterThanOrEqual(atLeast);
      offset = await offsetOf(path);
    }
    const { status, headers } = await sendPiece(target(), path, {
      offset,
      body: large.subarray(offset),
    });
    expect(status).toBe(204);
    expect(headers.get("upload-offset")).toBe(String(large.byteLength));
    expect(await ingest.ended(idOf(path))).toMatchObject({
      state: "done",
      sha256: sha256(large),
      stored: items.length,
    });
  });
});

describe("offsets", () => {
  test("another offset than the durable one is refused and changes nothing", async () => {
    const path = await begin(ingest.newSessionId(), small.byteLength);
    await sendPiece(target(), path, { offset: 0, body: small.subarray(0, 10) });
    for (const offset of [0, 9, 11]) {
      const answer = await sendPiece(target(), path, { offset, body: small.subarray(offset) });
      expect(answer.status).toBe(409);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect(answer.headers.get("tus-resumable")).toBe("1.0.0");
      expect(answer.body.code).toBe("conflict");
    }
    expect(await offsetOf(path)).toBe(10);
    await sendPiece(target(), path, { offset: 10, body: small.subarray(10) });
    expect(await ingest.ended(idOf(path))).toMatchObject({ sha256: sha256(small), stored: 2 });
  });

  test("of two requests at one offset one wins, and the bytes are whole", async () => {
    for (let round = 0; round < 5; round += 1) {
      const path = await begin(ingest.newSessionId(), large.byteLength);
      const both = await Promise.all([
        sendPiece(target(), path, { offset: 0, body: large }),
        sendPiece(target(), path, { offset: 0, body: large }),
      ]);
      expect(new Set(both.map(({ status }) => status))).toEqual(new Set([204, 409]));
      expect(await ingest.ended(idOf(path))).toMatchObject({
        sha256: sha256(large),
        stored: items.length,
      });
    }
  });

  test("a connection that hangs holds up nobody, and what it brings later is not taken", async () => {
    const path = await begin(ingest.newSessionId(), small.byteLength);
    const hanging = beginPiece(target(), path, { offset: 0, announced: small.byteLength });
    await hanging.send(small.subarray(0, 5));
    const { status } = await sendPiece(target(), path, { offset: 0, body: small });
    expect(status).toBe(204);
    await hanging.send(small.subarray(5));
    expect(await hanging.status()).toBe(409);
    expect(await ingest.ended(idOf(path))).toMatchObject({ sha256: sha256(small), stored: 2 });
  });

  test("a repeated last piece of nothing is answered as before", async () => {
    const path = await begin(ingest.newSessionId(), small.byteLength);
    await sendPiece(target(), path, { offset: 0, body: small });
    const again = await sendPiece(target(), path, { offset: small.byteLength, body: "" });
    expect(again.status).toBe(204);
    await ingest.ended(idOf(path));
    expect(await offsetOf(path)).toBe(small.byteLength);
    expect((await sendPiece(target(), path, { offset: small.byteLength, body: "" })).status).toBe(
      204,
    );
  });

  test("more than was announced is refused, with and without a length", async () => {
    const path = await begin(ingest.newSessionId(), 20);
    const announced = await sendPiece(target(), path, { offset: 0, body: small });
    expect(announced.status).toBe(413);
    async function* chunks() {
      yield new Uint8Array(small.subarray(0, 15));
      await new Promise((resolve) => setImmediate(resolve));
      yield new Uint8Array(small.subarray(15, 40));
    }
    const body = Readable.toWeb(Readable.from(chunks())) as BodyInit;
    const unannounced = await sendPiece(target(), path, { offset: 0, body });
    expect(unannounced.status).toBe(413);
    expect(unannounced.body.code).toBe("too_large");
    expect(await offsetOf(path)).toBeLessThan(20);
  });
});
