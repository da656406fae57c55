import { describe, expect, test } from "vitest";
import { ITEM_BATCH_MAX_COUNT, ITEM_MAX_BYTES } from "#lib/limits.ts";
import { writeBlob } from "#server/blobs/write-blob.ts";
import { prepareItem } from "./prepare-item.ts";
import { part } from "./testing/item-session.ts";
import { useItemsTest } from "./testing/use-items-test.ts";
import { writeBatch } from "./write-batch.ts";
import { writeItems } from "./write-items.ts";

const harness = useItemsTest();

describe("refusals", () => {
  test("a bad item is skipped with a row, and stops nothing", async () => {
    const { results } = await harness.write(
      [
        part("m1", "p1"),
        { ...part("m1", "p2"), body: '"\0"' },
        { ...part("m1", "a/b") },
        { ...part("m1", "p3"), body: Buffer.alloc(ITEM_MAX_BYTES + 1, "x") },
        part("m1", "p4"),
      ],
      { received: 9, firstIndex: 100 },
    );
    expect(results.map((result) => result.outcome)).toEqual([
      "stored",
      "skipped",
      "skipped",
      "skipped",
      "stored",
    ]);
    const skipped = await harness.context.database.sql`
      select received::int, item_index, byte_size::int, reason, type, message_id, part_id from skipped_items
      where session_id = ${harness.session.sessionId} order by id`;
    expect(skipped).toMatchObject([
      {
        received: 9,
        item_index: 101,
        byte_size: 3,
        type: "part",
        message_id: "m1",
        part_id: "p2",
        reason: results[1]!.reason,
      },
      { item_index: 102, message_id: "m1", part_id: null },
      { item_index: 103, byte_size: ITEM_MAX_BYTES + 1, part_id: "p3" },
    ]);
    expect((await harness.readSession())["skipped_item_count"]).toBe(3);
  });

  test("what a later attempt does not refuse any more leaves the ledger, and nothing else does", async () => {
    const bad = (partId: string) => ({ ...part("m1", partId), body: "" });
    const attempt = { received: 9, firstIndex: 100 };
    const readLedger = async () => {
      const { sql } = harness.context.database;
      const { sessionId } = harness.session;
      const rows = await sql<{ place: string }[]>`
        select received || '.' || item_index as place from skipped_items
        where session_id = ${sessionId} order by id`;
      const count = (await harness.readSession())["skipped_item_count"];
      return { places: rows.map((row) => row.place), count };
    };
    await harness.write([part("m1", "p0"), bad("p1"), bad("p2"), bad("p3")], attempt);
    await harness.write([bad("p1")], { received: 8, firstIndex: 101 });
    await harness.write([part("m1", "p3", "newer")], { received: 10 });
    expect(await readLedger()).toEqual({ places: ["9.101", "9.102", "9.103", "8.101"], count: 4 });
    const { revision } = await harness.readSession();

    const replay = [part("m1", "p0"), part("m1", "p1"), bad("p2"), part("m1", "p3")];
    const expected = { places: ["9.102", "8.101"], count: 2 };
    expect(await harness.outcomes(replay, attempt)).toEqual([
      "unchanged",
      "stored",
      "skipped",
      "stale",
    ]);
    expect(await readLedger()).toEqual(expected);
    expect(Number((await harness.readSession())["revision"])).toBe(Number(revision) + 1);
    await harness.write(replay, attempt);
    expect(await readLedger()).toEqual(expected);
  });

  test("a refusal leaves the ledger also when nothing else changes", async () => {
    await harness.write([part("m1", "p1")], { received: 1 });
    await harness.write([{ ...part("m1", "p1"), body: "" }], { received: 2 });
    expect(await harness.outcomes([part("m1", "p1")], { received: 2 })).toEqual(["unchanged"]);
    expect((await harness.readSession())["skipped_item_count"]).toBe(0);
  });

  test("an item that only the database refuses is found among many and skipped, whatever its place", async () => {
    const { sql } = harness.context.database;
    await sql`alter table items add constraint poison check (body not like '%poison%')`;
    try {
      for (const places of [[0], [99], [41], [0, 1, 50, 99]]) {
        await harness.startSession();
        const items = Array.from({ length: 100 }, (_, n) =>
          part("m1", `p${n}`, places.includes(n) ? "poison" : "text"),
        );
        const { results, lastSeq } = await harness.write(items);
        expect(results.flatMap(({ outcome }, n) => (outcome === "skipped" ? [n] : []))).toEqual(
          places,
        );
        expect(results[places[0]!]!.reason).toContain("23514");
        const rows = await harness.readRows();
        expect(rows.map((row) => row.partId)).toEqual(
          items.flatMap((item, n) => (places.includes(n) ? [] : [item.partId])),
        );
        expect(rows.at(-1)!.seq).toBe(lastSeq);
        expect(await harness.readMessages()).toMatchObject([{ partCount: 100 - places.length }]);
      }
    } finally {
      await sql`alter table items drop constraint poison`;
    }
  });

  test("a large item that the database refuses leaves no blob", async () => {
    const { sql } = harness.context.database;
    await sql`alter table items add constraint poison check (preview not like '%poison%')`;
    try {
      const before = await harness.context.listKeys();
      const body = JSON.stringify(`poison${"x".repeat(3_000_000)}`);
      expect(await harness.outcomes([{ ...part("m1", "p1"), body }])).toEqual(["skipped"]);
      expect(await harness.context.listKeys()).toEqual(before);
    } finally {
      await sql`alter table items drop constraint poison`;
    }
  });

  test("a database that is set up wrongly skips nothing", async () => {
    const { sql } = harness.context.database;
    await sql`alter table items rename column preview to previews`;
    try {
      await expect(harness.write([part("m1", "p1")])).rejects.toMatchObject({ code: "internal" });
    } finally {
      await sql`alter table items rename column previews to preview`;
    }
    expect((await harness.readSession())["skipped_item_count"]).toBe(0);
  });

  test("a statement of ours that fails for its own reason skips nothing", async () => {
    const { sql } = harness.context.database;
    await sql`create function fail() returns trigger language plpgsql as
      $$begin raise exception 'our mistake' using errcode = '22P02'; end$$`;
    await sql`create trigger fail before update on sessions for each row execute function fail()`;
    try {
      const written = harness.write([part("m1", "p1"), part("m1", "p2")]);
      await expect(written).rejects.toMatchObject({ code: "internal" });
    } finally {
      await sql`drop function fail cascade`;
    }
    expect(await harness.readSession()).toMatchObject({ skipped_item_count: 0 });
  });

  test("a row that somebody wrote without the lock is our fault, not the item's", async () => {
    const { sql } = harness.context.database;
    await sql`create function fail() returns trigger language plpgsql as
      $$begin raise exception 'it is there' using errcode = '23505'; end$$`;
    await sql`create trigger fail before insert on items for each row execute function fail()`;
    try {
      await expect(harness.write([part("m1", "p1")])).rejects.toMatchObject({ code: "internal" });
    } finally {
      await sql`drop function fail cascade`;
    }
    expect(await harness.readSession()).toMatchObject({ skipped_item_count: 0 });
  });

  test("an empty write changes nothing and tells the last position", async () => {
    const { lastSeq } = await harness.write([part("m1", "p1")]);
    const before = await harness.readSession();
    expect(await harness.write([])).toEqual({ results: [], lastSeq, moved: [] });
    expect(await harness.readSession()).toEqual(before);
  });
});

describe("trouble", () => {
  /** Lets the first `count` inserts of items fail with `code`, until `heal` is called. */
  async function breakInserts(code: string, count: number) {
    const { sql } = harness.context.database;
    await sql`create sequence broken`;
    await sql.unsafe(`create function break() returns trigger language plpgsql as $$begin
      if nextval('broken') <= ${count} then raise exception 'broken' using errcode = '${code}'; end if;
      return new;
    end$$`);
    await sql`create trigger break before insert on items for each statement execute function break()`;
    return async () => {
      await sql`drop function break cascade`;
      await sql`drop sequence broken`;
    };
  }

  test.each(["40001", "40P01", "53300", "57P01"])(
    "a failure that passes (%s) is tried again and skips nothing",
    async (code) => {
      const heal = await breakInserts(code, 3);
      try {
        expect(await harness.outcomes([part("m1", "p1"), part("m1", "p2")])).toEqual([
          "stored",
          "stored",
        ]);
        expect(await harness.readRows()).toHaveLength(2);
      } finally {
        await heal();
      }
    },
  );

  test("one that does not pass ends with unavailable, and nothing is skipped", async () => {
    const heal = await breakInserts("53100", 1_000);
    try {
      await expect(harness.write([part("m1", "p1")])).rejects.toMatchObject({
        code: "unavailable",
      });
      expect(await harness.readSession()).toMatchObject({ skipped_item_count: 0, counter: "0" });
    } finally {
      await heal();
    }
  });

  test("connections that die in the middle are replaced", async () => {
    const { sql } = harness.context.database;
    await sql`create sequence died`;
    await sql`create function die() returns trigger language plpgsql as $$begin
      if nextval('died') <= 2 then perform pg_terminate_backend(pg_backend_pid()); end if;
      return new;
    end$$`;
    await sql`create trigger die before insert on items for each statement execute function die()`;
    try {
      expect(await harness.outcomes([part("m1", "p1")])).toEqual(["stored"]);
    } finally {
      await sql`drop function die cascade`;
      await sql`drop sequence died`;
    }
  });

  test("a write that was committed although its answer got lost keeps its body when it is repeated", async () => {
    const body = JSON.stringify("a".repeat(3_000_000));
    const entries = [prepareItem({ ...part("m1", "p1"), body }, 0)];
    const source = (async function* () {
      yield Buffer.from(body);
    })();
    const blob = { ...harness.session, purpose: "item" as const, mime: "application/json", source };
    const { blobId } = await writeBlob(harness.context, blob);
    const target = { ...harness.session, received: null };
    const batch = { entries, body: { blobId, files: [] } };
    const first = await writeBatch(harness.context, target, { ...batch, isRetry: false });
    const told = harness.context.told.splice(0);
    const second = await writeBatch(harness.context, target, { ...batch, isRetry: true });
    expect(harness.context.told).toEqual(expect.arrayContaining(told.slice(-1)));
    expect([first?.results, second?.results]).toEqual([
      [{ outcome: "stored" }],
      [{ outcome: "unchanged" }],
    ]);
    expect(second?.releasedBlobIds).toEqual([]);
    expect(
      await harness.context.database.sql`select state from blobs where id = ${blobId}`,
    ).toEqual([{ state: "complete" }]);
  });

  test("a source that fails leaves the batches before it, and its error comes through", async () => {
    async function* source() {
      for (let n = 0; n < ITEM_BATCH_MAX_COUNT + 72; n += 1) yield part("m1", `p${n}`);
      throw new RangeError("the line broke");
    }
    await expect(
      writeItems(harness.context, { ...harness.session, items: source() }),
    ).rejects.toThrow("the line broke");
    expect(await harness.readRows()).toHaveLength(ITEM_BATCH_MAX_COUNT);
  });

  test("an abort ends between batches, closes the source, and skips nothing", async () => {
    const controller = new AbortController();
    let isClosed = false;
    async function* source() {
      try {
        for (let n = 0; ; n += 1) {
          if (n === 2 * ITEM_BATCH_MAX_COUNT + 44) controller.abort(new RangeError("enough"));
          yield part("m1", `p${n}`);
        }
      } finally {
        isClosed = true;
      }
    }
    const written = writeItems(harness.context, {
      ...harness.session,
      items: source(),
      signal: controller.signal,
    });
    await expect(written).rejects.toThrow("enough");
    expect(isClosed).toBe(true);
    expect(await harness.readRows()).toHaveLength(2 * ITEM_BATCH_MAX_COUNT);
    expect((await harness.readSession())["skipped_item_count"]).toBe(0);
  });
});
