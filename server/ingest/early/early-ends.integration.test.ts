import { describe, expect, test } from "vitest";
import { RESUMABLE_UPLOAD_IDLE_MS } from "#lib/limits.ts";
import { settleIdleUploads } from "../resumable/settle-idle-uploads.ts";
import {
  askTus,
  beginUpload,
  encodeMetadata,
  sendPiece,
} from "../resumable/testing/tus-requests.ts";
import { blockStatement } from "../testing/block-statement.ts";
import { message, part, useIngest } from "../testing/use-ingest.ts";
import { ArrivingUpload, quick } from "./testing/use-early.ts";

const ingest = useIngest();
const items = [message(0), ...Array.from({ length: 40 }, (_, n) => part(n, "y".repeat(300)))];
const document = Buffer.from(JSON.stringify({ data: items }));
const sql = () => ingest.services().database.sql;

async function arriveAllButOne(): Promise<ArrivingUpload> {
  const sessionId = ingest.newSessionId();
  const upload = await ArrivingUpload.begin(ingest, { sessionId, length: document.byteLength });
  await upload.send(document.subarray(0, -1));
  return upload;
}

const age = ({ uploadId }: { uploadId: string }) => sql()`
  with aged as (
    update uploads set begun_at = begun_at - ${RESUMABLE_UPLOAD_IDLE_MS} * interval '1 ms'
    where id = ${uploadId} returning blob_id
  )
  update blobs set lease_until = lease_until - ${RESUMABLE_UPLOAD_IDLE_MS} * interval '1 ms'
  from aged where blobs.id = blob_id`;

/** What ends an upload, and how many of its items stay that were read by then. */
const ends: [string, (upload: ArrivingUpload) => Promise<unknown>, { keepsItems: boolean }][] = [
  ["cancelled", ({ path }) => askTus(ingest.web(), `DELETE ${path}`), { keepsItems: true }],
  [
    "deleted with its session",
    ({ sessionId }) => ingest.ask("DELETE", `/api/v1/sessions/${sessionId}`),
    { keepsItems: false },
  ],
  [
    "given up",
    async (upload) => {
      await age(upload);
      await settleIdleUploads(ingest.services());
    },
    { keepsItems: true },
  ],
];

const waiterCount = async () => (await sql()`select 1 from pg_locks where not granted`).length;

describe("an upload that ends otherwise while it is read early", () => {
  test.each(ends)(
    "%s after a batch began: that batch is the last",
    async (_, end, { keepsItems }) => {
      const upload = await arriveAllButOne();
      const { databaseUrl: url, services } = ingest.web().server;
      const block = await blockStatement(
        { database: services.database, url },
        { table: "items", event: "insert", when: `new.session_id = '${upload.sessionId}'` },
      );
      const early = upload.readEarly();
      await block.reached();
      const ended = end(upload);
      await expect.poll(waiterCount, { interval: 5 }).toBeGreaterThan(1);
      await block.lift();
      await ended;
      expect(await early).toMatchObject({ end: "over" });
      expect(await upload.rows()).toHaveLength(keepsItems ? items.length : 0);
      if (!keepsItems) return;
      const row = await ingest.readUpload(upload.uploadId);
      expect(row).toMatchObject({ state: "failed", stored: items.length, isKept: false });
      expect(row.error?.message).toContain(`${items.length} items that had arrived are kept`);
    },
  );

  test.each(ends)("%s before a batch began: nothing is written", async (_, end) => {
    const upload = await arriveAllButOne();
    const outcome = await sql().begin(async (tx) => {
      await tx`select 1 from sessions where id = ${upload.sessionId} for update`;
      const ended = end(upload);
      await expect.poll(waiterCount, { interval: 5 }).toBe(1);
      const early = upload.readEarly();
      await expect.poll(waiterCount, { interval: 5 }).toBe(2);
      return { ended, early };
    });
    await outcome.ended;
    expect(await outcome.early).toMatchObject({ end: "over" });
    expect(await upload.rows()).toHaveLength(0);
  });

  test("the last byte before a batch began: all is left to the worker", async () => {
    const upload = await arriveAllButOne();
    const outcome = await sql().begin(async (tx) => {
      await tx`select 1 from sessions where id = ${upload.sessionId} for update`;
      const sent = upload.send(document.subarray(-1));
      await expect.poll(waiterCount, { interval: 5 }).toBe(1);
      const early = upload.readEarly();
      await expect.poll(waiterCount, { interval: 5 }).toBe(2);
      return { sent, early };
    });
    expect(await outcome.sent).toBe(204);
    expect(await outcome.early).toMatchObject({ end: "over" });
    expect(await ingest.ended(upload.uploadId)).toMatchObject({ stored: items.length, attempt: 1 });
    expect(await upload.rows()).toHaveLength(items.length);
  });

  test("one that begins again with its key is stored as if nothing had been", async () => {
    const sessionId = ingest.newSessionId();
    const headers = {
      "upload-length": String(document.byteLength),
      "upload-metadata": encodeMetadata({ sessionId, idempotencyKey: sessionId }),
    };
    const upload = await ArrivingUpload.begin(ingest, {
      sessionId,
      length: document.byteLength,
      idempotencyKey: sessionId,
    });
    await upload.send(document.subarray(0, -1));
    expect(await upload.readEarly({ patience: { ...quick, idleMs: 50 } })).toMatchObject({
      end: "stalled",
      arrivedBytes: document.byteLength - 1,
    });
    const before = await upload.rows();
    expect(before).toHaveLength(items.length);
    await age(upload);
    await settleIdleUploads(ingest.services());
    expect(await beginUpload(ingest.web(), sessionId, headers)).toBe(upload.path);
    await sendPiece(ingest.web(), upload.path, { offset: 0, body: document });
    expect(await ingest.ended(upload.uploadId)).toMatchObject({ stored: items.length, stale: 0 });
    expect(await upload.rows()).toEqual(before);
  });
});
