import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { RESUMABLE_UPLOAD_IDLE_MS, UPLOAD_MAX_BYTES } from "#lib/limits.ts";
import { sweepBlobs } from "#server/blobs/sweep-blobs.ts";
import { largeDocument, message, part, sha256, useIngest } from "../testing/use-ingest.ts";
import { finishReceiving } from "./receive-bytes.ts";
import { settleIdleUploads } from "./settle-idle-uploads.ts";
import {
  askTus,
  beginPiece,
  beginUpload,
  encodeMetadata,
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
  /** mulberry32 */
  const randomOf = (seed: number) => () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };

  test.each([1, 2, 3])("goes on at the byte where it was cut, seed %i", async (seed) => {
    const random = randomOf(seed);
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

describe("what the protocol says", () => {
  test("everybody may ask what is spoken here", async () => {
    const { status, headers } = await askTus(
      { ...target(), cookie: "" },
      "OPTIONS /api/v1/uploads",
    );
    expect(status).toBe(204);
    expect(Object.fromEntries(headers)).toMatchObject({
      "tus-version": "1.0.0",
      "tus-max-size": String(UPLOAD_MAX_BYTES),
      "tus-extension": "creation,creation-with-upload,creation-defer-length,expiration,termination",
    });
    expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  test("an upload tells its length, its metadata and when it ends", async () => {
    const sessionId = ingest.newSessionId();
    const answer = await askTus(target(), "POST /api/v1/uploads", {
      headers: {
        "upload-length": "10",
        "upload-metadata": encodeMetadata({ sessionId, filename: "Sitzung ü.json" }),
      },
    });
    expect(answer.status).toBe(201);
    const path = answer.headers.get("location") ?? "";
    expect(path).toMatch(/^\/api\/v1\/uploads\/upl_[0-9a-zA-Z]{26}$/);
    const expires = Date.parse(answer.headers.get("upload-expires") ?? "");
    expect(expires - Date.now()).toBeGreaterThan(RESUMABLE_UPLOAD_IDLE_MS - 60_000);
    const head = await askTus(target(), `HEAD ${path}`);
    expect(Object.fromEntries(head.headers)).toMatchObject({
      "upload-offset": "0",
      "upload-length": "10",
      "cache-control": "no-store",
      "upload-metadata": encodeMetadata({
        sessionId,
        filename: "Sitzung ü.json",
        encoding: "identity",
      }),
    });
    expect([...head.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual(
      [],
    );
    const { body } = await ingest.ask("GET", path);
    expect(body.upload).toMatchObject({ state: "receiving", way: "resumable", bytes: 0 });
    await sendPiece(target(), path, { offset: 0, body: "12345" });
    expect((await ingest.readUpload(idOf(path))).bytes).toBe(5);
  });

  test.each([
    ["no version", { "tus-resumable": "" }, 412],
    ["another version", { "tus-resumable": "0.2.2" }, 412],
    ["no length", { "upload-length": undefined }, 400],
    ["a length that is no number", { "upload-length": "many" }, 400],
    ["too great a length", { "upload-length": String(UPLOAD_MAX_BYTES + 1) }, 413],
    ["no session", { "upload-metadata": "filename YQ==" }, 400],
    ["no metadata", { "upload-metadata": undefined }, 400],
    ["an encoding that nobody knows", { "upload-metadata": "encoding eHl6,sessionId YQ==" }, 400],
    ["a session id of another pattern", { "upload-metadata": "sessionId YQ==" }, 404],
    ["parts of a whole", { "upload-concat": "partial" }, 501],
  ])("%s is refused with a problem", async (_, changed, expected) => {
    const headers: Record<string, string> = {
      "upload-length": "10",
      "upload-metadata": encodeMetadata({ sessionId: ingest.newSessionId() }),
    };
    for (const [name, value] of Object.entries(changed)) {
      if (value === undefined) delete headers[name];
      else headers[name] = value;
    }
    const { status, body } = await askTus(target(), "POST /api/v1/uploads", { headers });
    expect([status, body.status]).toEqual([expected, expected]);
    expect(typeof body.code).toBe("string");
  });

  test("another method is refused with those that are answered", async () => {
    const { status, headers } = await askTus(target(), "PUT /api/v1/uploads/upl_x");
    expect(status).toBe(405);
    expect(headers.get("allow")).toBe("GET, HEAD, PATCH, DELETE, OPTIONS");
  });

  test("a request that is repeated with its key begins nothing anew", async () => {
    const metadata = { sessionId: ingest.newSessionId(), idempotencyKey: ingest.newSessionId() };
    const beginAgain = (body?: BodyInit) =>
      askTus(target(), "POST /api/v1/uploads", {
        headers: {
          "upload-length": String(small.byteLength),
          "upload-metadata": encodeMetadata(metadata),
          ...(body !== undefined && { "content-type": "application/offset+octet-stream" }),
        },
        body: body ?? null,
      });
    const first = await beginAgain();
    const path = first.headers.get("location") ?? "";
    expect((await beginAgain()).headers.get("location")).toBe(path);
    await sendPiece(target(), path, { offset: 0, body: small.subarray(0, 10) });
    const again = await beginAgain(small.subarray(0, 20));
    expect([again.status, again.headers.get("upload-offset")]).toEqual([201, "10"]);
    await sendPiece(target(), path, { offset: 10, body: small.subarray(10) });
    await ingest.ended(idOf(path));
    expect((await beginAgain()).headers.get("location")).toBe(path);
    expect(await offsetOf(path)).toBe(small.byteLength);
  });
});

describe("the end of an upload", () => {
  test("it may be cancelled as long as bytes are missing", async () => {
    const path = await begin(ingest.newSessionId(), small.byteLength);
    await sendPiece(target(), path, { offset: 0, body: small.subarray(0, 10) });
    expect((await askTus(target(), `DELETE ${path}`)).status).toBe(204);
    expect((await askTus(target(), `HEAD ${path}`)).status).toBe(404);
    expect((await ingest.ask("GET", path)).status).toBe(404);

    const whole = await begin(ingest.newSessionId(), small.byteLength);
    await sendPiece(target(), whole, { offset: 0, body: small });
    expect((await askTus(target(), `DELETE ${whole}`)).status).toBe(409);
    expect((await ingest.ended(idOf(whole))).stored).toBe(2);
  });

  test("a session that is deleted meanwhile ends it with 410, and nothing of it is left", async () => {
    const { database, blobs } = ingest.services();
    const sessionId = ingest.newSessionId();
    const path = await begin(sessionId, large.byteLength);
    const piece = beginPiece(target(), path, { offset: 0, announced: large.byteLength });
    await piece.send(large.subarray(0, 100_000));
    await ingest.ask("DELETE", `/api/v1/sessions/${sessionId}`);
    await piece.send(large.subarray(100_000));
    expect(await piece.status()).toBe(410);
    expect((await askTus(target(), `HEAD ${path}`)).status).toBe(404);
    const again = await askTus(target(), "POST /api/v1/uploads", {
      headers: { "upload-length": "1", "upload-metadata": encodeMetadata({ sessionId }) },
    });
    expect(again.status).toBe(410);
    await sweepBlobs({ database, blobs });
    const left = await database.sql`select 1 from blobs where session_id = ${sessionId}`;
    expect(left).toHaveLength(0);
  });

  test("a day without a byte ends it with a word, and its bytes go", async () => {
    const { database, blobs } = ingest.services();
    const sessionIds = [ingest.newSessionId(), ingest.newSessionId()];
    const paths = await Promise.all(sessionIds.map((id) => begin(id, small.byteLength)));
    const [begun = "", empty = ""] = paths;
    await sendPiece(target(), begun, { offset: 0, body: small.subarray(0, 10) });
    const age = (path: string, ms: number) => database.sql`
      with aged as (
        update uploads set created_at = created_at - ${ms} * interval '1 ms'
        where id = ${idOf(path)} returning blob_id
      )
      update blobs set lease_until = lease_until - ${ms} * interval '1 ms'
      from aged where blobs.id = blob_id`;
    for (const path of paths) await age(path, RESUMABLE_UPLOAD_IDLE_MS - 60_000);
    await settleIdleUploads(ingest.services());
    expect(await offsetOf(begun)).toBe(10);
    for (const path of paths) await age(path, 60_000);
    expect((await askTus(target(), `HEAD ${begun}`)).status).toBe(410);
    expect(
      (await sendPiece(target(), begun, { offset: 10, body: small.subarray(10) })).status,
    ).toBe(410);

    await settleIdleUploads(ingest.services());
    for (const path of [begun, empty]) {
      expect(await ingest.readUpload(idOf(path))).toMatchObject({
        state: "failed",
        error: { code: "gone", message: "No byte came for 24 hours: send it again" },
        isKept: false,
      });
      expect((await askTus(target(), `HEAD ${path}`)).status).toBe(410);
    }
    await sweepBlobs({ database, blobs });
    const left = await database.sql`select 1 from blobs where session_id = any(${sessionIds})`;
    expect(left).toHaveLength(0);
  });

  test("a byte that comes while it is given up saves it", async () => {
    const { database } = ingest.services();
    const sessionId = ingest.newSessionId();
    const path = await begin(sessionId, small.byteLength);
    const piece = beginPiece(target(), path, { offset: 0, announced: small.byteLength });
    await piece.send(small.subarray(0, 10));
    const hasBegun = () => database.sql`select 1 from blobs where session_id = ${sessionId}`;
    await expect.poll(hasBegun, { interval: 5 }).toHaveLength(1);
    await database.sql`update blobs set lease_until = now() - interval '1 s'
      where session_id = ${sessionId}`;

    let settling: Promise<void> | null = null;
    await database.sql.begin(async (tx) => {
      await tx`select 1 from sessions where id = ${sessionId} for update`;
      settling = settleIdleUploads(ingest.services());
      const waits = () => database.sql`select 1 from pg_locks where not granted`;
      await expect.poll(waits, { interval: 5 }).not.toHaveLength(0);
      piece.cut();
      await expect
        .poll(() => ingest.readUpload(idOf(path)), { interval: 5 })
        .toMatchObject({ bytes: 10 });
    });
    await settling;
    expect(await ingest.readUpload(idOf(path))).toMatchObject({ state: "receiving", bytes: 10 });
    expect(await offsetOf(path)).toBe(10);
  });

  test("when who received the last byte dies then, somebody else puts it into the line, once", async () => {
    const { database } = ingest.services();
    const sessionId = ingest.newSessionId();
    const path = await begin(sessionId, small.byteLength);
    await sendPiece(target(), path, { offset: 0, body: small.subarray(0, 10) });
    // The length that a killed process had not seen reached.
    await database.sql`update uploads set announced_bytes = 10 where id = ${idOf(path)}`;
    await settleIdleUploads(ingest.services());
    expect(await ingest.readUpload(idOf(path))).toMatchObject({ state: "receiving" });
    await database.sql`update blobs set lease_until = lease_until - interval '11 s'
      where id = (select blob_id from uploads where id = ${idOf(path)})`;
    await Promise.all([1, 2, 3].map(() => settleIdleUploads(ingest.services())));
    const ended = {
      state: "failed",
      attempt: 1,
      sha256: sha256(small.subarray(0, 10)),
    };
    expect(await ingest.ended(idOf(path))).toMatchObject(ended);
    // Somebody who was late.
    const upload = { uploadId: idOf(path), sessionId, generation: 1 };
    await finishReceiving(ingest.services(), upload);
    expect(await ingest.readUpload(idOf(path))).toMatchObject(ended);
  });
});

describe("who may", () => {
  test("nobody without a name, nor a token that may not ingest", async () => {
    const path = await begin(ingest.newSessionId(), 10);
    const nobody = { ...target(), cookie: "" };
    for (const [method, at] of [
      ["POST", "/api/v1/uploads"],
      ["HEAD", path],
      ["PATCH", path],
      ["DELETE", path],
    ] as const) {
      expect((await askTus(nobody, `${method} ${at}`)).status).toBe(401);
    }
  });

  test("another team sees nothing, and a page of another origin does nothing", async () => {
    const { sql } = ingest.services().database;
    const sessionId = ingest.newSessionId();
    const path = await begin(sessionId, 10);
    await sql`insert into teams (id, name) values ('other', 'Other')`;
    await sql`update sessions set team_id = 'other' where id = ${sessionId}`;
    expect((await askTus(target(), `HEAD ${path}`)).status).toBe(404);
    expect((await sendPiece(target(), path, { offset: 0, body: "x" })).status).toBe(404);
    expect((await askTus(target(), `DELETE ${path}`)).status).toBe(404);
    const foreign = await askTus(target(), "POST /api/v1/uploads", {
      headers: { "upload-length": "1", "upload-metadata": encodeMetadata({ sessionId }) },
    });
    expect(foreign.status).toBe(404);
    const origin = { origin: "https://elsewhere.example" };
    expect((await askTus(target(), `PATCH ${path}`, { headers: origin })).status).toBe(403);
  });
});
