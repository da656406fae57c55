import { randomBytes, randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { markBlobsDeleted } from "./delete-blobs.ts";
import { createSegmentKey } from "./segment-key.ts";
import { sweepBlobs } from "./sweep-blobs.ts";
import { chunksOf } from "./testing/chunks-of.ts";
import { useBlobsTest } from "./testing/use-blobs-test.ts";

const harness = useBlobsTest();

describe("the sweep", () => {
  const sweep = (graceMs = -1_000) => sweepBlobs(harness.context, { graceMs });

  test("leaves alone what is young, whatever its state", async () => {
    await harness.writeRandom(1_500, { purpose: "item" });
    await harness.context.database
      .sql`insert into blobs (session_id, generation, purpose, mode, mime, state, lease_until)
      values (${harness.sessionId}, 1, 'upload', 'whole', 'x', 'writing', now() + interval '1 hour'),
        (${harness.sessionId}, 1, 'upload', 'whole', 'x', 'incomplete', now() + interval '1 hour')`;
    await harness.context.blobs.put(
      createSegmentKey("00000000-0000-4000-8000-000000000000", 0),
      chunksOf(randomBytes(5)),
    );
    expect(await sweep(60_000)).toEqual({
      blobCount: 0,
      incompleteCount: 0,
      fileCount: 0,
      unfinishedCount: 0,
    });
    expect(await harness.readRows()).toHaveLength(3);
    expect(await harness.context.listKeys()).toHaveLength(3);
  });

  test("removes what was never finished once its lease has run out", async () => {
    async function* broken() {
      yield randomBytes(1_500);
      throw new RangeError("broken");
    }
    await harness.write(broken()).catch(() => {});
    await harness.expire();
    expect(await sweep()).toMatchObject({ blobCount: 1 });
    expect(await harness.readRows()).toHaveLength(0);
    expect(await harness.context.listKeys()).toEqual([]);
  });

  test("keeps an output that was cut off, as incomplete", async () => {
    const { blobId } = await harness.writeRandom(1_500, { purpose: "output" });
    const { sql } = harness.context.database;
    await sql`update blobs set state = 'writing' where id = ${blobId}`;
    await sql`
      insert into outputs (
        id, session_id, generation, execution_id, port, n, source, mode, mime, state, blob_id,
        process_id, first_seq, seq
      ) values (
        'out_1', ${harness.sessionId}, 1, '', 'log', 0, 'tool', 'binary', 'text/plain', 'writing',
        ${blobId}, 'prc_1', 1, 1
      )`;
    await harness.expire();
    expect(await sweep()).toMatchObject({ blobCount: 0, incompleteCount: 1, fileCount: 0 });
    expect((await harness.readRows()).find((row) => row.id === blobId)).toMatchObject({
      state: "incomplete",
    });
    expect(await harness.read(blobId)).toHaveLength(1_500);
    await sql`delete from outputs`;
  });

  test("removes a file that was taken out of an item which never came", async () => {
    await harness.writeRandom(1_500, { purpose: "output" });
    await harness.expire();
    expect(await sweep()).toMatchObject({ blobCount: 1 });
  });

  test("leaves the bytes of a marked blob that an output has, and goes on", async () => {
    const { blobId } = await harness.writeRandom(1_500, { purpose: "output" });
    const other = await harness.writeRandom(1_500);
    const { sql } = harness.context.database;
    await sql`
      insert into outputs (
        id, session_id, generation, execution_id, port, n, source, mode, mime, state, blob_id,
        process_id, first_seq, seq, ended_at
      ) values (
        'out_1', ${harness.sessionId}, 1, '', 'log', 0, 'tool', 'binary', 'text/plain', 'complete',
        ${blobId}, 'prc_1', 1, 1, now()
      )`;
    await markBlobsDeleted(sql, [blobId, other.blobId]);
    expect(await sweep()).toMatchObject({ blobCount: 1 });
    await sql`update blobs set state = 'complete'`;
    expect(await harness.read(blobId)).toHaveLength(1_500);
    await sql`delete from outputs`;
  });

  test("removes received bytes whose upload never came into the line, and keeps those of one that did", async () => {
    const { sql } = harness.context.database;
    const orphan = await harness.writeRandom(1_500, { purpose: "upload" });
    const used = await harness.writeRandom(1_500, { purpose: "upload" });
    await sql`
      insert into uploads (id, session_id, generation, owner_id, received, state, way, encoding, blob_id)
      select 'upl_1', id, 1, owner_id, 1, 'queued', 'stream', 'identity', ${used.blobId}
      from sessions where id = ${harness.sessionId}`;
    await harness.expire();
    expect(await sweep()).toMatchObject({ blobCount: 1 });
    expect((await harness.readRows()).map((row) => row.id)).not.toContain(orphan.blobId);
    expect(await harness.read(used.blobId)).toHaveLength(1_500);
    await sql`delete from uploads`;
  });

  test("removes a body that no item refers to, and keeps one that an item does", async () => {
    const orphan = await harness.writeRandom(1_500, { purpose: "item" });
    const used = await harness.writeRandom(1_500, { purpose: "item" });
    await harness.context.database.sql`
      insert into items (session_id, generation, type, first_seq, seq, version_received, version_index, blob_id,
        byte_size, body_sha256)
      values (${harness.sessionId}, 1, 'part', 1, 1, 1, 0, ${used.blobId}, 1500, '')`;
    await harness.expire();
    expect(await sweep()).toMatchObject({ blobCount: 1 });
    expect((await harness.readRows()).map((row) => row.id)).not.toContain(orphan.blobId);
    expect(await harness.read(used.blobId)).toHaveLength(1_500);
    await harness.context.database.sql`delete from items`;
  });

  test.each<[string, () => Promise<unknown>]>([
    [
      "was deleted",
      () =>
        harness.context.database
          .sql`update sessions set deleted_at = now() where id = ${harness.sessionId}`,
    ],
    [
      "began again",
      () =>
        harness.context.database
          .sql`update sessions set generation = 2 where id = ${harness.sessionId}`,
    ],
    [
      "does not exist",
      () => harness.context.database.sql`delete from sessions where id = ${harness.sessionId}`,
    ],
  ])("removes everything of a session that %s", async (_, leave) => {
    await leave();
    for (const purpose of ["upload", "output", "checkpoint", "item"] as const) {
      await harness.writeRandom(1_500, { purpose });
    }
    await harness.expire();
    expect(await sweep()).toMatchObject({ blobCount: 4 });
    expect(await harness.context.listKeys()).toEqual([]);
  });

  test("removes old files without a row, not those of a blob that is being written", async () => {
    const { blobId } = await harness.writeRandom(500);
    await harness.context.database.sql`update blobs set state = 'writing' where id = ${blobId}`;
    const coming = createSegmentKey(blobId, 1);
    const orphan = createSegmentKey("00000000-0000-4000-8000-000000000000", 0);
    await harness.context.blobs.put(coming, chunksOf(randomBytes(5)));
    await harness.context.blobs.put(orphan, chunksOf(randomBytes(5)));
    expect(await sweep()).toMatchObject({ fileCount: 1 });
    expect(await harness.context.listKeys()).toContain(coming);
    expect(await harness.context.listKeys()).not.toContain(orphan);
    await harness.context.database.sql`update blobs set state = 'complete'`;
    expect(await sweep()).toMatchObject({ fileCount: 1 });
    expect(await harness.read(blobId)).toHaveLength(500);
  });

  test("removes what a killed write left, not the write of a blob that is still written", async () => {
    const { blobs, database } = harness.context;
    const { blobId } = await harness.writeRandom(500);
    const [running, killed] = [createSegmentKey(blobId, 1), createSegmentKey(randomUUID(), 0)];
    const removed: string[] = [];
    const listUnfinished = async function* () {
      const startedAt = new Date(Date.now() - 60_000);
      for (const key of [running, killed]) yield { key, handle: "", startedAt };
      yield { key: createSegmentKey(randomUUID(), 0), handle: "", startedAt: new Date() };
    };
    const removeUnfinished = async ({ key }: { key: string }) => void removed.push(key);
    const services = { database, blobs: { ...blobs, listUnfinished, removeUnfinished } };
    await database.sql`update blobs set state = 'writing'`;
    expect(await sweepBlobs(services, { graceMs: 30_000 })).toMatchObject({ unfinishedCount: 1 });
    await database.sql`update blobs set state = 'incomplete'`;
    expect(await sweepBlobs(services, { graceMs: 30_000 })).toMatchObject({ unfinishedCount: 2 });
    expect(removed).toEqual([killed, running, killed]);
  });

  test("goes on after a kill between the bytes and the row, and twice at once does no harm", async () => {
    const { blobId } = await harness.writeRandom(2_500);
    await markBlobsDeleted(harness.context.database.sql, [blobId]);
    await harness.context.blobs.delete((await harness.context.listKeys()).slice(0, 1));
    await Promise.all([sweep(), sweep(), sweep()]);
    expect(await harness.readRows()).toHaveLength(0);
    expect(await harness.context.listKeys()).toEqual([]);
  });

  test("waits for a writer that is about to refer to a blob, and then leaves it alone", async () => {
    const { blobId } = await harness.writeRandom(1_500, { purpose: "item" });
    await harness.expire();
    const { sql } = harness.context.database;
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
    expect(await harness.read(blobId)).toHaveLength(1_500);
  });
});
