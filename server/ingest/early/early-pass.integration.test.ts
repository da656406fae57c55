import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readItemsAfter } from "#server/items/read-items-after.ts";
import { message, part, useIngest } from "../testing/use-ingest.ts";
import { ArrivingUpload, quick } from "./testing/use-early.ts";

const ingest = useIngest();
const arrive = (body: Uint8Array, sessionId = ingest.newSessionId()) =>
  ArrivingUpload.begin(ingest, { sessionId, length: body.byteLength });

const items = [message(0), ...Array.from({ length: 40 }, (_, n) => part(n, "y".repeat(300)))];
const document = Buffer.from(JSON.stringify({ data: items }));
const lines = Buffer.from(items.map((item) => `${JSON.stringify(item)}\n`).join(""));
const snapshot = Buffer.from(
  JSON.stringify({
    info: { id: "ses_elsewhere", title: "Harvest" },
    messages: [0, 1, 2].map((n) => ({
      info: message(n).data,
      parts: [part(10 * n).data, part(10 * n + 1).data],
    })),
  }),
);

/** Small: each piece is a request. */
const bodies = {
  data: Buffer.from(JSON.stringify({ data: [message(0), part(1), part(2), message(1)] })),
  ndjson: Buffer.from(`${JSON.stringify(message(0))}\n${JSON.stringify(part(1))}\n`),
  snapshot,
  large: Buffer.from(
    JSON.stringify({ data: Array.from({ length: 500 }, (_, n) => part(n, "y".repeat(300))) }),
  ),
};

describe("while an upload arrives", () => {
  test("its items are readable before the last byte, and the end finds them as they are", async () => {
    const upload = await arrive(document);
    await upload.send(document.subarray(0, 6_000));
    const early = upload.readEarly();
    await expect.poll(() => upload.rows(), { interval: 10 }).not.toHaveLength(0);
    const readable = await readItemsAfter(ingest.services().database, {
      sessionId: upload.sessionId,
      generation: 1,
      afterSeq: 0,
      maxCount: 100,
      maxBytes: 1_000_000,
    });
    expect(readable.items[0]).toMatchObject({ type: "message", messageId: "msg_0" });
    await upload.send(document.subarray(6_000, -1));
    await expect.poll(() => upload.rows(), { interval: 10 }).toHaveLength(items.length);
    const before = await upload.rows();
    expect(await ingest.readUpload(upload.uploadId)).toMatchObject({
      state: "receiving",
      attempt: 0,
      stored: items.length,
      decodedBytes: document.byteLength - 1,
      format: "data",
    });

    await upload.send(document.subarray(-1));
    expect(await early).toMatchObject({ end: "over" });
    expect(await ingest.ended(upload.uploadId)).toMatchObject({
      state: "done",
      attempt: 1,
      stored: items.length,
      unchanged: 0,
      stale: 0,
      skipped: 0,
    });
    expect(await upload.rows()).toEqual(before);
  });

  test.each([
    ["data", 1],
    ["data", 7],
    ["large", 65_536],
    ["ndjson", 1],
    ["ndjson", 7],
    ["snapshot", 7],
  ] as const)(
    "pieces of %s of %i bytes give the rows that the whole gives",
    async (format, size) => {
      const body = bodies[format];
      const upload = await arrive(body);
      const pieces = Array.from({ length: Math.ceil(body.byteLength / size) }, (_, n) =>
        body.subarray(n * size, (n + 1) * size),
      );
      const last = pieces.pop() as Uint8Array;
      let early: Promise<unknown> | null = null;
      for (const piece of pieces) {
        await upload.send(piece);
        early ??= upload.readEarly();
      }
      await expect.poll(() => upload.rows(), { interval: 10 }).not.toHaveLength(0);
      await upload.send(last);
      await early;
      const { stored, skipped, unchanged } = await ingest.ended(upload.uploadId);
      const whole = await arrive(body);
      await whole.send(body);
      const expected = await ingest.ended(whole.uploadId);
      expect({ stored, skipped, unchanged }).toEqual({
        stored: expected.stored,
        skipped: expected.skipped,
        unchanged: expected.unchanged,
      });
      const withoutUpload = (rows: Awaited<ReturnType<typeof upload.rows>>) =>
        rows.map(({ id, index, body: text }) => ({ id, index, body: text }));
      expect(withoutUpload(await upload.rows())).toEqual(withoutUpload(await whole.rows()));
    },
  );

  test.each([
    ["gzip", gzipSync],
    ["br", packQuickly],
  ] as const)("what is packed with %s is unpacked as far as it came", async (encoding, pack) => {
    // Text that packs badly: half of the packed bytes are about half of the items.
    const random = Array.from({ length: 400 }, (_, n) =>
      part(n, Array.from({ length: 100 }, () => Math.random().toString(36)).join("")),
    );
    const packed = pack(Buffer.from(JSON.stringify({ data: random })));
    const upload = await ArrivingUpload.begin(ingest, {
      sessionId: ingest.newSessionId(),
      length: packed.byteLength,
      encoding,
    });
    const middle = packed.byteLength >> 1;
    await upload.send(packed.subarray(0, middle));
    const early = upload.readEarly();
    await expect
      .poll(async () => (await upload.rows()).length, { interval: 10 })
      .toBeGreaterThan(100);
    const before = await upload.rows();
    await upload.send(packed.subarray(middle));
    expect(await early).toMatchObject({ end: "over" });
    expect(await ingest.ended(upload.uploadId)).toMatchObject({ stored: 400, unchanged: 0 });
    expect((await upload.rows()).slice(0, before.length)).toEqual(before);
  });

  test("a line that has no end yet is not taken for a whole one", async () => {
    const [first = "", second = ""] = lines.toString().split("\n");
    const body = Buffer.from(`${first}\n${second} and more\n`);
    const upload = await arrive(body);
    await upload.send(body.subarray(0, first.length + 1 + second.length));
    const early = await upload.readEarly({ patience: { ...quick, idleMs: 50 } });
    expect(early).toMatchObject({ end: "stalled" });
    expect(await upload.rows()).toHaveLength(1);
    await upload.send(body.subarray(first.length + 1 + second.length));
    expect(await ingest.ended(upload.uploadId)).toMatchObject({ stored: 1, skipped: 1 });
    expect(await upload.rows()).toHaveLength(1);
  });

  test("what cannot be stored is noted by the worker only, and once", async () => {
    const odd = { type: "part", data: { id: "a/b", messageID: "msg_0" } };
    const body = Buffer.from(JSON.stringify({ data: [items[0], odd, 7, items[1], items[2]] }));
    const upload = await arrive(body);
    await upload.send(body.subarray(0, -1));
    const early = upload.readEarly();
    await expect.poll(() => upload.rows(), { interval: 10 }).toHaveLength(3);
    const ledger = () => ingest.services().database.sql`
      select item_index as index, (select skipped_item_count from sessions where id = session_id) as count
      from skipped_items where session_id = ${upload.sessionId} order by item_index`;
    expect(await ledger()).toHaveLength(0);
    await upload.send(body.subarray(-1));
    await early;
    expect(await ingest.ended(upload.uploadId)).toMatchObject({ stored: 3, skipped: 2 });
    expect([...(await ledger())]).toEqual([
      { index: 1, count: 2 },
      { index: 2, count: 2 },
    ]);
  });

  test("what was there before is told to be unchanged, and what is newer stays", async () => {
    const sessionId = ingest.newSessionId();
    await ingest.push(sessionId, JSON.stringify({ data: items.slice(0, 3) }));
    const upload = await arrive(document, sessionId);
    const newer = part(1, "newer");
    await ingest.push(sessionId, JSON.stringify({ data: [newer] }));
    await upload.send(document.subarray(0, -1));
    const early = upload.readEarly();
    await expect.poll(() => upload.rows(), { interval: 10 }).toHaveLength(items.length);
    const before = await upload.rows();
    await upload.send(document.subarray(-1));
    await early;
    expect(await ingest.ended(upload.uploadId)).toMatchObject({
      stored: items.length - 3,
      unchanged: 2,
      stale: 1,
    });
    const after = await upload.rows();
    const withoutVersion = (rows: typeof after) => rows.map(({ id, seq, body }) => [id, seq, body]);
    expect(withoutVersion(after)).toEqual(withoutVersion(before));
    expect(after.find(({ id }) => id === "part msg_0 prt_1")?.body).toBe(
      JSON.stringify(newer.data),
    );
  });

  test("a large body is stored once", async () => {
    const body = Buffer.from(
      JSON.stringify({ data: [items[0], part(0, "z".repeat(2_500_000)), items[2]] }),
    );
    const upload = await arrive(body);
    await upload.send(body.subarray(0, -1));
    const early = upload.readEarly();
    await expect.poll(() => upload.rows(), { interval: 10 }).toHaveLength(3);
    const blobs = () => ingest.services().database.sql`
      select id, state from blobs where session_id = ${upload.sessionId} and purpose = 'item'`;
    const before = [...(await blobs())];
    expect(before).toHaveLength(1);
    await upload.send(body.subarray(-1));
    await early;
    expect(await ingest.ended(upload.uploadId)).toMatchObject({ stored: 3 });
    expect([...(await blobs())]).toEqual(before);
  });

  test("a broken document keeps what stood before, and the worker says where it is broken", async () => {
    const body = Buffer.concat([document.subarray(0, 5_000), Buffer.from("}}}"), document]);
    const upload = await arrive(body);
    await upload.send(body.subarray(0, 8_000));
    expect(await upload.readEarly()).toMatchObject({ end: "fault" });
    const before = await upload.rows();
    expect(before.length).toBeGreaterThan(5);
    await upload.send(body.subarray(8_000));
    const ended = await ingest.ended(upload.uploadId);
    expect(ended).toMatchObject({ state: "failed", stored: before.length });
    expect(await upload.rows()).toEqual(before);
  });
});

/** At its best, Brotli holds up the process for longer than the server keeps an idle connection. */
function packQuickly(bytes: Buffer): Buffer {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } });
}
