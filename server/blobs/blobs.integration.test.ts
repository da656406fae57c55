import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createSessionId } from "#lib/ids.ts";
import { openItemsTest, type ItemsTest } from "#server/items/testing/item-session.ts";
import type { BlobStore } from "./blob-store.ts";
import { markBlobsDeleted, removeDeletedBlobs } from "./delete-blobs.ts";
import { openBlob } from "./open-blob.ts";
import { createSegmentKey } from "./segment-key.ts";
import { sweepBlobs } from "./sweep-blobs.ts";
import { writeBlob, type NewBlob } from "./write-blob.ts";

let context: ItemsTest;
let sessionId: string;

beforeAll(async () => {
  context = await openItemsTest();
});
afterAll(() => context.close());
beforeEach(async () => {
  ({ sessionId } = await context.createSession());
  const rows = await context.database.sql`update blobs set state = 'deleting' returning id`;
  await removeDeletedBlobs(
    context,
    rows.map((row) => row["id"]),
  );
  await context.blobs.delete(await context.listKeys());
});

async function* chunksOf(bytes: Uint8Array, chunkBytes = 65_536) {
  for (let start = 0; start < bytes.byteLength; start += chunkBytes)
    yield bytes.subarray(start, start + chunkBytes);
}

const write = (
  source: AsyncIterable<Uint8Array>,
  options: Partial<NewBlob> = {},
  blobs: BlobStore = context.blobs,
) =>
  writeBlob(
    { ...context, blobs },
    {
      sessionId,
      generation: 1,
      purpose: "upload",
      mime: "application/json",
      source,
      segmentBytes: 1_000,
      ...options,
    },
  );

const rowOf = async (blobId: string) =>
  (await context.database.sql`select * from blobs where id = ${blobId}`)[0];
const onlyRow = async () => (await context.database.sql`select * from blobs`)[0]!;
const countRows = async () => (await context.database.sql`select from blobs`).length;
const expire = (state = "%") => context.database.sql`
  update blobs set lease_until = now() - interval '1 second' where state like ${state}`;

const read = async (blobId: string, range = {}) =>
  Buffer.concat(await (await openBlob(context, blobId, range)).stream.toArray());

describe("writing", () => {
  test.each([0, 1, 999, 1_000, 1_001, 2_000, 5_432])(
    "%i bytes come back whole and hashed",
    async (count) => {
      const bytes = randomBytes(count);
      const written = await write(chunksOf(bytes, 7));
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      expect(written).toEqual({ blobId: written.blobId, bytes: count, sha256 });
      expect(await rowOf(written.blobId)).toMatchObject({
        state: "complete",
        bytes: String(count),
        sha256,
      });
      expect((await read(written.blobId)).equals(bytes)).toBe(true);
      expect(await context.listKeys()).toHaveLength(Math.ceil(count / 1_000));
    },
  );

  test("the row is there before the first byte is asked for", async () => {
    let seen: unknown;
    async function* source() {
      seen = (await onlyRow())["state"];
      yield Buffer.from("x");
    }
    await write(source());
    expect(seen).toBe("writing");
  });

  test("a source that fails leaves an incomplete blob whose whole segments are readable", async () => {
    const bytes = randomBytes(2_500);
    async function* broken() {
      yield bytes;
      throw new RangeError("the line broke");
    }
    await expect(write(broken())).rejects.toThrow("the line broke");
    const row = await onlyRow();
    expect(row).toMatchObject({ state: "incomplete", bytes: "2000", sha256: null });
    expect((await read(row["id"])).equals(bytes.subarray(0, 2_000))).toBe(true);
    expect(await context.listKeys()).toHaveLength(2);
  });

  test("an abort does the same, also while nothing arrives after it", async () => {
    const controller = new AbortController();
    async function* source() {
      yield randomBytes(1_500);
      controller.abort(new RangeError("enough"));
      yield randomBytes(1_500);
    }
    await expect(write(source(), { signal: controller.signal })).rejects.toThrow("enough");
    expect(await onlyRow()).toMatchObject({ state: "incomplete", bytes: "1000" });
  });

  test("a source that is slower than the lease keeps it", async () => {
    const ends: number[] = [];
    async function* slow() {
      for (let n = 0; n < 3; n += 1) {
        yield Buffer.from("x");
        const before = Date.parse((await onlyRow())["lease_until"]);
        ends.push(before);
        const from = Date.now();
        await expect.poll(() => Date.now() - from, { interval: 5 }).toBeGreaterThan(30);
      }
    }
    await write(slow(), { leaseMs: 100 });
    expect(ends[2]! - ends[0]!).toBeGreaterThan(25);
  });

  test("a blob that is deleted while it is written ends with gone, and its bytes go with the sweep", async () => {
    async function* source() {
      yield randomBytes(1_500);
      await context.database.sql`update blobs set state = 'deleting'`;
      await sweepBlobs(context);
      yield randomBytes(1_500);
    }
    await expect(write(source())).rejects.toMatchObject({ code: "gone" });
    expect(await countRows()).toBe(0);
    await sweepBlobs(context, { graceMs: -1_000 });
    expect(await context.listKeys()).toEqual([]);
  });
});

describe("reading", () => {
  test("every range across segments is what slicing says", async () => {
    const bytes = randomBytes(3_210);
    const { blobId } = await write(chunksOf(bytes));
    const edges = [0, 1, 999, 1_000, 1_001, 2_000, 3_000, 3_209, 3_210, 4_000];
    for (const offset of edges) {
      expect((await read(blobId, { offset })).equals(bytes.subarray(offset))).toBe(true);
      for (const end of edges.filter((edge) => edge >= offset)) {
        const part = await read(blobId, { offset, length: end - offset });
        expect(part.equals(bytes.subarray(offset, end))).toBe(true);
      }
    }
  });

  test("appended tails follow the segments", async () => {
    const bytes = randomBytes(2_000);
    const { blobId } = await write(chunksOf(bytes));
    const tails = [randomBytes(10), randomBytes(20)];
    await context.database.sql`insert into blob_tail values
      (${blobId}, 2010, ${tails[1]!}), (${blobId}, 2000, ${tails[0]!})`;
    const all = Buffer.concat([bytes, ...tails]);
    expect((await read(blobId)).equals(all)).toBe(true);
    expect(
      (await read(blobId, { offset: 1_990, length: 25 })).equals(all.subarray(1_990, 2_015)),
    ).toBe(true);
    expect((await read(blobId, { offset: 2_012 })).equals(all.subarray(2_012))).toBe(true);
    const { totalBytes, stream } = await openBlob(context, blobId);
    stream.destroy();
    expect(totalBytes).toBe(2_030);
  });

  test("an unknown blob, one that is being deleted, and one without bytes are not found", async () => {
    const { blobId } = await write(chunksOf(randomBytes(1_500)));
    await expect(openBlob(context, "00000000-0000-4000-8000-000000000000")).rejects.toMatchObject({
      code: "not_found",
    });
    await context.blobs.delete(await context.listKeys());
    await expect(openBlob(context, blobId)).rejects.toMatchObject({ code: "not_found" });
    await markBlobsDeleted(context.database.sql, [blobId]);
    await expect(openBlob(context, blobId)).rejects.toMatchObject({ code: "not_found" });
  });

  test("a later segment that is missing breaks the stream, visibly", async () => {
    const { blobId } = await write(chunksOf(randomBytes(2_500)));
    const [row] = await context.database
      .sql`select key from blob_segments where blob_id = ${blobId} and n = 1`;
    await context.blobs.delete([row!["key"]]);
    const { stream } = await openBlob(context, blobId);
    await expect(stream.toArray()).rejects.toMatchObject({ code: "not_found" });
  });

  test("a reader that leaves before reading, or early, leaves no file open", async () => {
    const { blobId } = await write(chunksOf(randomBytes(2_500)));
    const opened: { closed: boolean }[] = [];
    const blobs = {
      ...context.blobs,
      open: async (...args: Parameters<BlobStore["open"]>) => {
        const stream = await context.blobs.open(...args);
        opened.push(stream);
        return stream;
      },
    };
    (await openBlob({ ...context, blobs }, blobId)).stream.destroy();
    for await (const _ of (await openBlob({ ...context, blobs }, blobId)).stream) break;
    await expect.poll(() => opened.every((stream) => stream.closed)).toBe(true);
    expect(opened.length).toBeGreaterThan(1);
  });
});

describe("the sweep", () => {
  const sweep = (graceMs = -1_000) => sweepBlobs(context, { graceMs });

  test("leaves alone what is young, whatever its state", async () => {
    await write(chunksOf(randomBytes(1_500)), { purpose: "item" });
    await context.database
      .sql`insert into blobs (session_id, generation, purpose, mode, mime, state, lease_until)
      values (${sessionId}, 1, 'upload', 'whole', 'x', 'writing', now() + interval '1 hour'),
        (${sessionId}, 1, 'upload', 'whole', 'x', 'incomplete', now() + interval '1 hour')`;
    await context.blobs.put(
      createSegmentKey("00000000-0000-4000-8000-000000000000", 0),
      chunksOf(randomBytes(5)),
    );
    expect(await sweep(60_000)).toEqual({
      blobCount: 0,
      incompleteCount: 0,
      fileCount: 0,
      unfinishedCount: 0,
    });
    expect(await countRows()).toBe(3);
    expect(await context.listKeys()).toHaveLength(3);
  });

  test("removes what was never finished once its lease has run out", async () => {
    async function* broken() {
      yield randomBytes(1_500);
      throw new RangeError("broken");
    }
    await write(broken()).catch(() => {});
    await expire();
    expect(await sweep()).toMatchObject({ blobCount: 1 });
    expect(await countRows()).toBe(0);
    expect(await context.listKeys()).toEqual([]);
  });

  test("keeps a finished upload, and an output that was cut off as incomplete", async () => {
    const { blobId } = await write(chunksOf(randomBytes(1_500)), { purpose: "output" });
    await write(chunksOf(randomBytes(1_500)), { purpose: "upload" });
    await context.database.sql`update blobs set state = 'writing' where id = ${blobId}`;
    await expire();
    expect(await sweep()).toMatchObject({ blobCount: 0, incompleteCount: 1, fileCount: 0 });
    expect(await rowOf(blobId)).toMatchObject({ state: "incomplete" });
    expect(await read(blobId)).toHaveLength(1_500);
  });

  test("removes a body that no item refers to, and keeps one that an item does", async () => {
    const orphan = await write(chunksOf(randomBytes(1_500)), { purpose: "item" });
    const used = await write(chunksOf(randomBytes(1_500)), { purpose: "item" });
    await context.database.sql`
      insert into items (session_id, generation, type, first_seq, seq, version_received, version_index, blob_id,
        byte_size, body_sha256)
      values (${sessionId}, 1, 'part', 1, 1, 1, 0, ${used.blobId}, 1500, '')`;
    await expire();
    expect(await sweep()).toMatchObject({ blobCount: 1 });
    expect(await rowOf(orphan.blobId)).toBeUndefined();
    expect(await read(used.blobId)).toHaveLength(1_500);
    await context.database.sql`delete from items`;
  });

  test.each<[string, () => Promise<unknown>]>([
    [
      "was deleted",
      () => context.database.sql`update sessions set deleted_at = now() where id = ${sessionId}`,
    ],
    [
      "began again",
      () => context.database.sql`update sessions set generation = 2 where id = ${sessionId}`,
    ],
    ["does not exist", () => Promise.resolve((sessionId = createSessionId()))],
  ])("removes everything of a session that %s", async (_, leave) => {
    const before = sessionId;
    await leave();
    for (const purpose of ["upload", "output", "checkpoint", "item"] as const) {
      await write(chunksOf(randomBytes(1_500)), {
        purpose,
        sessionId: sessionId === before ? before : sessionId,
      });
    }
    await expire();
    expect(await sweep()).toMatchObject({ blobCount: 4 });
    expect(await context.listKeys()).toEqual([]);
  });

  test("removes old files without a row, not those of a blob that is being written", async () => {
    const { blobId } = await write(chunksOf(randomBytes(500)));
    await context.database.sql`update blobs set state = 'writing' where id = ${blobId}`;
    const coming = createSegmentKey(blobId, 1);
    const orphan = createSegmentKey("00000000-0000-4000-8000-000000000000", 0);
    await context.blobs.put(coming, chunksOf(randomBytes(5)));
    await context.blobs.put(orphan, chunksOf(randomBytes(5)));
    expect(await sweep()).toMatchObject({ fileCount: 1 });
    expect(await context.listKeys()).toContain(coming);
    expect(await context.listKeys()).not.toContain(orphan);
    await context.database.sql`update blobs set state = 'complete'`;
    expect(await sweep()).toMatchObject({ fileCount: 1 });
    expect(await read(blobId)).toHaveLength(500);
  });

  test("goes on after a kill between the bytes and the row, and twice at once does no harm", async () => {
    const { blobId } = await write(chunksOf(randomBytes(2_500)));
    await markBlobsDeleted(context.database.sql, [blobId]);
    await context.blobs.delete((await context.listKeys()).slice(0, 1));
    await Promise.all([sweep(), sweep(), sweep()]);
    expect(await countRows()).toBe(0);
    expect(await context.listKeys()).toEqual([]);
  });

  test("waits for a writer that is about to refer to a blob, and then leaves it alone", async () => {
    const { blobId } = await write(chunksOf(randomBytes(1_500)), { purpose: "item" });
    await expire();
    const { sql } = context.database;
    let swept: Promise<unknown> = Promise.resolve();
    await sql.begin(async (tx) => {
      await tx`update blobs set lease_until = now() + interval '1 hour' where id = ${blobId} and state = 'complete'`;
      swept = sweep();
      await expect
        .poll(
          async () => {
            const rows = await sql`select from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'`;
            return rows.length;
          },
          { interval: 5 },
        )
        .toBe(1);
    });
    await swept;
    expect(await read(blobId)).toHaveLength(1_500);
  });
});
