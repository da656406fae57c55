import { describe, expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { RESUMABLE_UPLOAD_IDLE_MS } from "#lib/limits.ts";
import { readPosition } from "#server/blobs/append-position.ts";
import { fold } from "#server/blobs/append-steps.ts";
import { sweepBlobs } from "#server/blobs/sweep-blobs.ts";
import { BLOB_LEASE_MS } from "#server/blobs/write-blob.ts";
import { largeDocument, message, part, sha256, useIngest } from "../testing/use-ingest.ts";
import { finishReceiving } from "./receive-bytes.ts";
import { settleIdleUploads } from "./settle-idle-uploads.ts";
import {
  askTus,
  beginPiece,
  beginUpload,
  encodeMetadata,
  sendPiece,
} from "./testing/tus-requests.ts";

const ingest = useIngest();
const target = () => ingest.web();
const idOf = (path: string) => path.split("/").at(-1) ?? "";
const small = Buffer.from(JSON.stringify({ data: [message(0), part(1, "Hello")] }));
const large = Buffer.from(largeDocument(6_000).text);

const begin = (sessionId: string, length: number) =>
  beginUpload(target(), sessionId, { "upload-length": String(length) });

/** On purpose: it stays when nothing comes of its uploads. */
const makeSession = (sessionId: string) =>
  ingest.ask("POST", "/api/v1/sessions", { body: JSON.stringify({ sessionId }) });

const offsetOf = async (path: string) =>
  Number((await askTus(target(), `HEAD ${path}`)).headers.get("upload-offset"));

/** Whoever sends it, ends it or asks for it hears that it went with its session. */
async function expectGone(path: string) {
  expect((await askTus(target(), `HEAD ${path}`)).status).toBe(410);
  expect((await sendPiece(target(), path, { offset: 0, body: small })).status).toBe(410);
  expect((await askTus(target(), `DELETE ${path}`)).status).toBe(410);
  for (const [method, below] of [
    ["GET", ""],
    ["GET", "/raw"],
    ["POST", "/replay"],
  ] as const) {
    const { status, body } = await ingest.ask(method, `${path}${below}`);
    expect([status, body.code]).toEqual([410, "gone"]);
  }
}

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
    await expectGone(path);
    const again = await askTus(target(), "POST /api/v1/uploads", {
      headers: { "upload-length": "1", "upload-metadata": encodeMetadata({ sessionId }) },
    });
    expect(again.status).toBe(410);
    await sweepBlobs({ database, blobs });
    const left = await database.sql`select 1 from blobs where session_id = ${sessionId}`;
    expect(left).toHaveLength(0);

    // A new generation is another session under the same id: what was sent to the old one does not come back.
    await makeSession(sessionId);
    await expectGone(path);
    await ingest.ask("DELETE", `/api/v1/sessions/${sessionId}`);
    await database.sql`insert into teams (id, name) values ('other', 'Other')`;
    await database.sql`update sessions set team_id = 'other' where id = ${sessionId}`;
    expect((await askTus(target(), `HEAD ${path}`)).status).toBe(404);
    expect((await ingest.ask("GET", path)).status).toBe(404);
  });

  test("a day without a byte ends it with a word, and its bytes go", async () => {
    const { database, blobs } = ingest.services();
    const sessionIds = [ingest.newSessionId(), ingest.newSessionId()];
    await Promise.all(sessionIds.map(makeSession));
    const paths = await Promise.all(sessionIds.map((id) => begin(id, small.byteLength)));
    const [begun = "", empty = ""] = paths;
    await sendPiece(target(), begun, { offset: 0, body: small.subarray(0, 10) });
    const age = (path: string, ms: number) => database.sql`
      with aged as (
        update uploads set begun_at = begun_at - ${ms} * interval '1 ms'
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

  test("it may begin again with its key after it was given up, as long as ever", async () => {
    const { database } = ingest.services();
    const metadata = { sessionId: ingest.newSessionId(), idempotencyKey: ingest.newSessionId() };
    const headers = {
      "upload-length": String(small.byteLength),
      "upload-metadata": encodeMetadata(metadata),
    };
    await makeSession(metadata.sessionId);
    const path = await beginUpload(target(), metadata.sessionId, headers);
    await sendPiece(target(), path, { offset: 0, body: small.subarray(0, 10) });
    await database.sql`
      with aged as (
        update uploads
        set created_at = created_at - interval '2 days', begun_at = begun_at - interval '2 days'
        where id = ${idOf(path)} returning blob_id
      )
      update blobs set lease_until = lease_until - interval '2 days'
      from aged where blobs.id = blob_id`;
    await settleIdleUploads(ingest.services());
    expect(await ingest.readUpload(idOf(path))).toMatchObject({ state: "failed" });

    expect(await beginUpload(target(), metadata.sessionId, headers)).toBe(path);
    await settleIdleUploads(ingest.services());
    expect(await offsetOf(path)).toBe(0);
    expect((await sendPiece(target(), path, { offset: 0, body: small })).status).toBe(204);
    expect(await ingest.ended(idOf(path))).toMatchObject({ state: "done", stored: 2 });
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

    const settling: Promise<void>[] = [];
    await database.sql.begin(async (tx) => {
      await tx`select 1 from sessions where id = ${sessionId} for update`;
      settling.push(settleIdleUploads(ingest.services()));
      const waits = () => database.sql`select 1 from pg_locks where not granted`;
      await expect.poll(waits, { interval: 5 }).not.toHaveLength(0);
      piece.cut();
      await expect
        .poll(() => ingest.readUpload(idOf(path)), { interval: 5 })
        .toMatchObject({ bytes: 10 });
    });
    await Promise.all(settling);
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
    await database.sql`update blobs set lease_until = lease_until - interval '21 s'
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

  test("while one reads a whole upload to finish it, nobody else does", async () => {
    const services = ingest.services();
    const sessionId = ingest.newSessionId();
    const path = await begin(sessionId, 100);
    await sendPiece(target(), path, { offset: 0, body: Buffer.alloc(10) });
    const { sql } = services.database;
    const [blob] = await sql<{ blobId: string }[]>`
      select id as "blobId" from blobs where session_id = ${sessionId}`;
    const blobId = blob!.blobId;
    // A segment of their own: of one that is the whole, the hash is known without reading.
    await fold({ services, blobId, leaseMs: BLOB_LEASE_MS }, await readPosition(sql, blobId));
    // Most of the bytes came to a process that was killed.
    await sql`
      insert into blob_tail (blob_id, start, data)
      values (${blobId}, 10, decode(repeat('20', 90), 'hex'))`;
    await sql`
      update blobs set bytes = 100, lease_until = lease_until - interval '1 hour'
      where id = ${blobId}`;
    const isRead = createDeferred<void>();
    const mayGoOn = createDeferred<void>();
    let openedCount = 0;
    const slow = {
      ...services,
      blobs: {
        ...services.blobs,
        async open(...range: Parameters<typeof services.blobs.open>) {
          openedCount += 1;
          isRead.resolve();
          await mayGoOn.promise;
          return services.blobs.open(...range);
        },
      },
    };
    const first = settleIdleUploads(slow);
    await isRead.promise;
    await Promise.all([settleIdleUploads(slow), settleIdleUploads(slow)]);
    mayGoOn.resolve();
    await first;
    // Each of the two segments once.
    expect(openedCount).toBe(2);
    expect(await ingest.ended(idOf(path))).toMatchObject({ bytes: 100, attempt: 1 });
  });
});
