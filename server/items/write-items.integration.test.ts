import { createHash } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AppError } from "#lib/errors.ts";
import { INLINE_ITEM_MAX_BYTES, ITEM_MAX_BYTES } from "#lib/limits.ts";
import { writeBlob } from "#server/blobs/write-blob.ts";
import type { ItemInput } from "./item-input.ts";
import { prepareItem } from "./prepare-item.ts";
import {
  createGate,
  message,
  openItemsTest,
  part,
  type ItemSession,
  type ItemsTest,
} from "./testing/item-session.ts";
import { writeBatch } from "./write-batch.ts";
import { writeItems } from "./write-items.ts";

let context: ItemsTest;
let session: ItemSession;

beforeAll(async () => {
  context = await openItemsTest();
});
afterAll(() => context.close());
beforeEach(async () => {
  session = await context.createSession();
});

const write = (
  items: ItemInput[],
  options: { received?: number; firstIndex?: number; fence?: number } = {},
) => writeItems(context, { ...session, ...options, items });

const outcomes = async (...args: Parameters<typeof write>) =>
  (await write(...args)).results.map((result) => result.outcome);

async function readRows() {
  const rows = await context.database.sql`
    select type, message_id, part_id, first_seq, seq, version_received, version_index, body, blob_id, byte_size,
      body_sha256, preview, deleted, envelope
    from items where session_id = ${session.sessionId} and generation = ${session.generation} order by seq`;
  return rows.map(
    (row) =>
      ({ ...row, seq: Number(row["seq"]), firstSeq: Number(row["first_seq"]) }) as Record<
        string,
        any
      >,
  );
}

async function readSession(): Promise<Record<string, any>> {
  const [row] = await context.database.sql`select * from sessions where id = ${session.sessionId}`;
  return row!;
}

async function readMessages(): Promise<Record<string, any>[]> {
  return context.database.sql`
    select message_id, role, sort_key, first_seq::int, turn, part_count, bytes::int, cost_usd, tokens::int, deleted
    from messages where session_id = ${session.sessionId} order by sort_key, first_seq`;
}

describe("order", () => {
  test("items get ascending positions in the order of the write, and the session knows the last one", async () => {
    const { results, lastSeq } = await write([message("m1"), part("m1", "p1"), part("m1", "p2")]);
    const rows = await readRows();
    expect(results.map((result) => result.outcome)).toEqual(["stored", "stored", "stored"]);
    expect(rows.map((row) => row["part_id"])).toEqual(["", "p1", "p2"]);
    expect(new Set(rows.map((row) => row["seq"])).size).toBe(3);
    expect(rows.at(-1)!["seq"]).toBe(lastSeq);
    expect(Number((await readSession())["last_seq"])).toBe(lastSeq);
  });

  test("an update moves the item in the change log and keeps its first position", async () => {
    await write([part("m1", "p1", "one"), part("m1", "p2", "two")]);
    const [before] = await readRows();
    await write([part("m1", "p1", "one, longer")]);
    const rows = await readRows();
    expect(rows.map((row) => row["part_id"])).toEqual(["p2", "p1"]);
    expect(rows[1]!["firstSeq"]).toBe(before!["firstSeq"]);
  });

  test("more items than a batch holds keep their order, at every count around the limits", async () => {
    for (const count of [127, 128, 129, 300]) {
      session = await context.createSession();
      const items = Array.from({ length: count }, (_, n) => part("m1", `p${n}`));
      const { results } = await write(items);
      expect(results).toHaveLength(count);
      expect((await readRows()).map((row) => row["part_id"])).toEqual(
        items.map((item) => item.partId),
      );
    }
  });

  test("two writes that overlap become visible one after the other, never in between", async () => {
    const { sql } = context.database;
    const first = createGate();
    const release = createGate();
    const holder = sql.begin(async (tx) => {
      await tx`select from sessions where id = ${session.sessionId} for no key update`;
      first.open();
      await release.opened;
    });
    await first.opened;
    const writes = ["a", "b", "c"].map((name) =>
      write(Array.from({ length: 5 }, (_, n) => part(name, `${name}${n}`))),
    );
    const seen: number[][] = [];
    let isDone = false;
    const watcher = (async () => {
      while (!isDone) seen.push((await readRows()).map((row) => row["seq"]));
    })();
    release.open();
    await holder;
    await Promise.all(writes);
    isDone = true;
    await watcher;
    const all = (await readRows()).map((row) => row["seq"]);
    expect(all).toHaveLength(15);
    for (const seqs of seen) expect(seqs).toEqual(all.slice(0, seqs.length));
    for (const seqs of seen) expect(seqs.length % 5).toBe(0);
  });
});

describe("freshness", () => {
  test("an equal body changes nothing and takes no position", async () => {
    const { lastSeq } = await write([part("m1", "p1")]);
    const again = await write([part("m1", "p1")]);
    expect(again.results).toEqual([{ outcome: "unchanged" }]);
    expect(again.lastSeq).toBe(lastSeq);
  });

  test("an older upload that is retried late loses, in both orders", async () => {
    for (const order of [
      [1, 2],
      [2, 1],
    ]) {
      session = await context.createSession();
      for (const received of order)
        await write([part("m1", "p1", `version ${received}`)], { received });
      expect((await readRows()).map((row) => row["body"])).toEqual([
        part("m1", "p1", "version 2").body,
      ]);
    }
  });

  test("an old body does not win after an equal one came again with a newer number", async () => {
    await write([part("m1", "p1", "A")], { received: 1 });
    await write([part("m1", "p1", "A")], { received: 3 });
    expect(await outcomes([part("m1", "p1", "B")], { received: 2 })).toEqual(["stale"]);
  });

  test("of duplicates in one write the last counts, the others are stale", async () => {
    const items = [
      part("m1", "p1", "one"),
      part("m1", "p2"),
      part("m1", "p1", "two"),
      part("m1", "p1", "three"),
    ];
    expect(await outcomes(items)).toEqual(["stale", "stored", "stale", "stored"]);
    expect((await readRows()).find((row) => row["part_id"] === "p1")!["body"]).toContain("three");
  });

  test("a write that is repeated with its number stores nothing new", async () => {
    const items = [
      message("m1"),
      part("m1", "p1"),
      { ...part("m1", "p2"), body: "\0" },
      part("m1", "p1", "later"),
    ];
    await write(items, { received: 5, firstIndex: 10 });
    const before = [await readRows(), await readMessages(), await readSession()];
    expect(await outcomes(items, { received: 5, firstIndex: 10 })).toEqual([
      "unchanged",
      "stale",
      "skipped",
      "unchanged",
    ]);
    expect([await readRows(), await readMessages(), await readSession()]).toEqual(before);
  });

  test("whatever the order and however often writes arrive, the newest of each item remains", async () => {
    const upload = fc.array(
      fc.record({
        id: fc.constantFrom("p1", "p2", "p3"),
        text: fc.constantFrom("A", "B", "C"),
        deleted: fc.boolean(),
      }),
      { minLength: 1, maxLength: 4 },
    );
    const scenario = fc.array(upload, { minLength: 1, maxLength: 4 }).chain((uploads) =>
      fc.record({
        uploads: fc.constant(uploads),
        deliveries: fc
          .array(fc.nat(uploads.length - 1), { maxLength: 5 })
          .chain((repeats) =>
            fc.shuffledSubarray([...uploads.keys(), ...repeats], {
              minLength: uploads.length + repeats.length,
            }),
          ),
      }),
    );
    await fc.assert(
      fc.asyncProperty(scenario, async ({ uploads, deliveries }) => {
        session = await context.createSession();
        const toItem = ({ id, text, deleted }: { id: string; text: string; deleted: boolean }) => ({
          ...part("m", id, text),
          deleted,
        });
        for (const n of deliveries) await write(uploads[n]!.map(toItem), { received: n + 1 });
        const expected = new Map<string, string | null>();
        for (const items of uploads)
          for (const item of items)
            expected.set(item.id, item.deleted ? null : String(toItem(item).body));
        const rows = await readRows();
        expect(new Map(rows.map((row) => [row["part_id"], row["body"]]))).toEqual(expected);
        const live = rows.filter((row) => !row["deleted"]);
        expect(await readMessages()).toMatchObject([
          {
            part_count: live.length,
            bytes: live.reduce((sum, row) => sum + Number(row["byte_size"]), 0),
          },
        ]);
      }),
      { numRuns: 40 },
    );
  });
});

describe("bodies", () => {
  const unusual = [
    '{"text":"\\u0000 and \\ud800 and \\uDFFF"}',
    '{"__proto__":{"a":1},"constructor":2}',
    '{"a":1,"a":2,"a":3}',
    '{"n":1.10,"big":12345678901234567890123,"e":1E400,"zero":-0}',
    ' { "spaced" :\t[ ] }\r\n',
    '"\u2028\ufeff🦉"',
    "\ufeff{}",
    "null",
  ];

  test.each(unusual)("%j is stored byte for byte, as text and as bytes", async (body) => {
    const bytes = new TextEncoder().encode(body);
    await write([
      { ...part("m1", "p1"), body },
      { ...part("m1", "p2"), body: bytes, envelope: body },
    ]);
    const rows = await readRows();
    expect(rows.map((row) => row["body"])).toEqual([body, body]);
    expect(rows.map((row) => row["envelope"])).toEqual([null, body]);
    expect(Number(rows[0]!["byte_size"])).toBe(bytes.byteLength);
    expect(rows[0]!["body_sha256"]).toBe(createHash("sha256").update(bytes).digest("hex"));
  });

  test("an envelope that changes is a change", async () => {
    await write([part("m1", "p1")]);
    expect(await outcomes([{ ...part("m1", "p1"), envelope: '{"v":2}' }])).toEqual(["stored"]);
    expect(await outcomes([{ ...part("m1", "p1"), envelope: '{"v":2}' }])).toEqual(["unchanged"]);
  });

  test("a body of exactly the limit is inline, a larger one is a blob with a preview", async () => {
    const bodyOf = (bytes: number) =>
      JSON.stringify("é".repeat(bytes / 2 - 1)).padEnd(bytes - (bytes / 2 - 1));
    const [inline, large] = [bodyOf(INLINE_ITEM_MAX_BYTES), bodyOf(INLINE_ITEM_MAX_BYTES + 2)];
    expect(Buffer.byteLength(inline)).toBe(INLINE_ITEM_MAX_BYTES);
    await write([
      { ...part("m1", "p1"), body: inline },
      { ...part("m1", "p2"), body: large },
      part("m1", "p3"),
    ]);
    const rows = await readRows();
    expect(rows.map((row) => [row["part_id"], row["blob_id"] !== null])).toEqual([
      ["p1", false],
      ["p2", true],
      ["p3", false],
    ]);
    expect(large.startsWith(rows[1]!["preview"])).toBe(true);
    expect(Buffer.byteLength(rows[1]!["preview"])).toBe(8_191);
    const [blob] = await context.database
      .sql`select * from blobs where id = ${rows[1]!["blob_id"]}`;
    expect(blob).toMatchObject({
      state: "complete",
      purpose: "item",
      sha256: rows[1]!["body_sha256"],
    });
  });
});

describe("blobs of items", () => {
  const large = (fill: string) => ({
    ...part("m1", "p1"),
    body: JSON.stringify(fill.repeat(3_000_000)),
  });
  const sessionBlobs = () =>
    context.database.sql`select state from blobs where session_id = ${session.sessionId}`;

  test("the blob of a replaced body is removed, row and bytes", async () => {
    const before = (await context.listKeys()).length;
    await write([large("a")]);
    await write([large("b")]);
    expect(await sessionBlobs()).toHaveLength(1);
    expect(await context.listKeys()).toHaveLength(before + 1);
    await write([part("m1", "p1", "small again")]);
    expect(await sessionBlobs()).toHaveLength(0);
    expect(await context.listKeys()).toHaveLength(before);
  });

  test("a deletion removes the body", async () => {
    await write([large("a")]);
    await write([{ ...part("m1", "p1"), deleted: true }]);
    expect(await sessionBlobs()).toHaveLength(0);
    expect(await readRows()).toMatchObject([{ deleted: true, body: null, blob_id: null }]);
  });

  test("neither an equal nor a stale body writes a blob", async () => {
    await write([large("a")], { received: 5 });
    const keys = await context.listKeys();
    expect(await outcomes([large("a")], { received: 6 })).toEqual(["unchanged"]);
    expect(await outcomes([large("b")], { received: 4 })).toEqual(["stale"]);
    expect(await context.listKeys()).toEqual(keys);
  });

  test("two writers of one large item leave one blob and no bytes of the other", async () => {
    const before = (await context.listKeys()).length;
    await Promise.all([write([large("a")]), write([large("b")]), write([large("c")])]);
    expect(await sessionBlobs()).toEqual([{ state: "complete" }]);
    expect(await context.listKeys()).toHaveLength(before + 1);
  });

  test("a session that is deleted while the body is stored keeps neither row nor bytes", async () => {
    const before = (await context.listKeys()).length;
    const put = context.blobs.put;
    const blobs = {
      ...context.blobs,
      put: async (...args: Parameters<typeof put>) => {
        await context.database
          .sql`update sessions set deleted_at = now() where id = ${session.sessionId}`;
        return put(...args);
      },
    };
    const written = writeItems({ ...context, blobs }, { ...session, items: [large("a")] });
    await expect(written).rejects.toMatchObject({ code: "gone" });
    expect(await readRows()).toEqual([]);
    expect(await sessionBlobs()).toEqual([]);
    expect(await context.listKeys()).toHaveLength(before);
  });

  test("a store that fails stores no row and answers unavailable", async () => {
    const blobs = {
      ...context.blobs,
      put: () => Promise.reject(new AppError("unavailable", "boom")),
    };
    const written = writeItems(
      { ...context, blobs },
      { ...session, items: [part("m1", "p0"), large("a")] },
    );
    await expect(written).rejects.toMatchObject({ code: "unavailable" });
    expect((await readRows()).map((row) => row["part_id"])).toEqual(["p0"]);
    expect(await sessionBlobs()).toEqual([{ state: "incomplete" }]);
  });
});

describe("refusals", () => {
  test("a bad item is skipped with a row, and stops nothing", async () => {
    const { results } = await write(
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
    const skipped = await context.database.sql`
      select received::int, item_index, byte_size::int, reason, type, message_id, part_id from skipped_items
      where session_id = ${session.sessionId} order by id`;
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
    expect((await readSession())["skipped_item_count"]).toBe(3);
  });

  test("an item that only the database refuses is found among many and skipped, whatever its place", async () => {
    const { sql } = context.database;
    await sql`alter table items add constraint poison check (body not like '%poison%')`;
    try {
      for (const places of [[0], [99], [41], [0, 1, 50, 99]]) {
        session = await context.createSession();
        const items = Array.from({ length: 100 }, (_, n) =>
          part("m1", `p${n}`, places.includes(n) ? "poison" : "text"),
        );
        const { results, lastSeq } = await write(items);
        expect(results.flatMap(({ outcome }, n) => (outcome === "skipped" ? [n] : []))).toEqual(
          places,
        );
        expect(results[places[0]!]!.reason).toContain("23514");
        const rows = await readRows();
        expect(rows.map((row) => row["part_id"])).toEqual(
          items.flatMap((item, n) => (places.includes(n) ? [] : [item.partId])),
        );
        expect(rows.at(-1)!["seq"]).toBe(lastSeq);
        expect(await readMessages()).toMatchObject([{ part_count: 100 - places.length }]);
      }
    } finally {
      await sql`alter table items drop constraint poison`;
    }
  });

  test("a large item that the database refuses leaves no blob", async () => {
    const { sql } = context.database;
    await sql`alter table items add constraint poison check (preview not like '%poison%')`;
    try {
      const before = await context.listKeys();
      const body = JSON.stringify(`poison${"x".repeat(3_000_000)}`);
      expect(await outcomes([{ ...part("m1", "p1"), body }])).toEqual(["skipped"]);
      expect(await context.listKeys()).toEqual(before);
    } finally {
      await sql`alter table items drop constraint poison`;
    }
  });

  test("a database that is set up wrongly skips nothing", async () => {
    const { sql } = context.database;
    await sql`alter table items rename column preview to previews`;
    try {
      await expect(write([part("m1", "p1")])).rejects.toMatchObject({ code: "internal" });
    } finally {
      await sql`alter table items rename column previews to preview`;
    }
    expect((await readSession())["skipped_item_count"]).toBe(0);
  });

  test("an empty write changes nothing and tells the last position", async () => {
    const { lastSeq } = await write([part("m1", "p1")]);
    const before = await readSession();
    expect(await write([])).toEqual({ results: [], lastSeq, moved: [] });
    expect(await readSession()).toEqual(before);
  });
});

describe("trouble", () => {
  /** Lets the first `count` inserts of items fail with `code`, until `heal` is called. */
  async function breakInserts(code: string, count: number) {
    const { sql } = context.database;
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
        expect(await outcomes([part("m1", "p1"), part("m1", "p2")])).toEqual(["stored", "stored"]);
        expect(await readRows()).toHaveLength(2);
      } finally {
        await heal();
      }
    },
  );

  test("one that does not pass ends with unavailable, and nothing is skipped", async () => {
    const heal = await breakInserts("53100", 1_000);
    try {
      await expect(write([part("m1", "p1")])).rejects.toMatchObject({ code: "unavailable" });
      expect(await readSession()).toMatchObject({ skipped_item_count: 0, counter: "0" });
    } finally {
      await heal();
    }
  });

  test("connections that die in the middle are replaced", async () => {
    const { sql } = context.database;
    await sql`create sequence died`;
    await sql`create function die() returns trigger language plpgsql as $$begin
      if nextval('died') <= 2 then perform pg_terminate_backend(pg_backend_pid()); end if;
      return new;
    end$$`;
    await sql`create trigger die before insert on items for each statement execute function die()`;
    try {
      expect(await outcomes([part("m1", "p1")])).toEqual(["stored"]);
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
    const blob = { ...session, purpose: "item" as const, mime: "application/json", source };
    const { blobId } = await writeBlob(context, blob);
    const target = { ...session, received: null };
    const first = await writeBatch(context.database, target, { entries, bodyBlobId: blobId });
    const second = await writeBatch(context.database, target, { entries, bodyBlobId: blobId });
    expect([first?.results, second?.results]).toEqual([
      [{ outcome: "stored" }],
      [{ outcome: "unchanged" }],
    ]);
    expect(second?.releasedBlobIds).toEqual([]);
    expect(await context.database.sql`select state from blobs where id = ${blobId}`).toEqual([
      { state: "complete" },
    ]);
  });

  test("a source that fails leaves the batches before it, and its error comes through", async () => {
    async function* source() {
      for (let n = 0; n < 200; n += 1) yield part("m1", `p${n}`);
      throw new RangeError("the line broke");
    }
    await expect(writeItems(context, { ...session, items: source() })).rejects.toThrow(
      "the line broke",
    );
    expect(await readRows()).toHaveLength(128);
  });

  test("an abort ends between batches, closes the source, and skips nothing", async () => {
    const controller = new AbortController();
    let isClosed = false;
    async function* source() {
      try {
        for (let n = 0; ; n += 1) {
          if (n === 300) controller.abort(new RangeError("enough"));
          yield part("m1", `p${n}`);
        }
      } finally {
        isClosed = true;
      }
    }
    const written = writeItems(context, { ...session, items: source(), signal: controller.signal });
    await expect(written).rejects.toThrow("enough");
    expect(isClosed).toBe(true);
    expect(await readRows()).toHaveLength(256);
    expect((await readSession())["skipped_item_count"]).toBe(0);
  });
});

describe("ownership", () => {
  const { now, past } = { now: "1 minute", past: "-1 minute" };
  const setLease = (fence: number, expires: string, processId: string | null = "process") => context
    .database.sql`
    insert into leases (session_id, fence, process_id, expires_at)
    values (${session.sessionId}, ${fence}, ${processId}, ${processId === null ? null : context.database.sql`now() + ${expires}::interval`})
    on conflict (session_id) do update set
      fence = excluded.fence, process_id = excluded.process_id, expires_at = excluded.expires_at`;

  test("the owner writes, and a writer without fence writes beside it", async () => {
    await setLease(7, now);
    expect(await outcomes([part("m1", "p1")], { fence: 7 })).toEqual(["stored"]);
    expect(await outcomes([part("m1", "p2")])).toEqual(["stored"]);
  });

  test.each<[string, () => Promise<unknown>]>([
    ["another fence", () => setLease(8, now)],
    ["a lease that ran out", () => setLease(7, past)],
    ["a lease that was released", () => setLease(7, now, null)],
    ["no lease at all", () => Promise.resolve()],
  ])("with %s nothing is written", async (_, prepare) => {
    await prepare();
    await expect(write([part("m1", "p1")], { fence: 7 })).rejects.toMatchObject({
      code: "conflict",
    });
    await expect(write([], { fence: 7 })).rejects.toMatchObject({ code: "conflict" });
    expect(await readRows()).toEqual([]);
  });

  test("a take-over that commits while a write waits is seen by the write", async () => {
    await setLease(7, now);
    const { sql } = context.database;
    const blocked = createGate();
    const release = createGate();
    const takeOver = sql.begin(async (tx) => {
      await tx`select from sessions where id = ${session.sessionId} for no key update`;
      blocked.open();
      await release.opened;
      await tx`update leases set fence = 8 where session_id = ${session.sessionId}`;
    });
    await blocked.opened;
    const written = write([part("m1", "p1")], { fence: 7 });
    written.catch(() => {});
    await waitForLock();
    release.open();
    await takeOver;
    await expect(written).rejects.toMatchObject({ code: "conflict" });
    expect(await readRows()).toEqual([]);
  });

  test("a take-over that begins during a write waits for it", async () => {
    await setLease(7, now);
    const { sql } = context.database;
    // A trigger holds the write in its middle, after it has looked at the lease.
    await sql`create function hold() returns trigger language plpgsql as
      'begin perform pg_advisory_xact_lock(4711); return new; end'`;
    await sql`create trigger hold before insert on items for each row execute function hold()`;
    try {
      const held = createGate();
      const release = createGate();
      const holder = sql.begin(async (tx) => {
        await tx`select pg_advisory_xact_lock(4711)`;
        held.open();
        await release.opened;
      });
      await held.opened;
      const written = write([part("m1", "p1")], { fence: 7 });
      await waitForLock();
      const order: string[] = [];
      const takeOver =
        sql`update leases set fence = 8 where session_id = ${session.sessionId}`.then(() =>
          order.push("taken over"),
        );
      await waitForLock(2);
      release.open();
      await holder;
      await written.then(() => order.unshift("written"));
      await takeOver;
      expect(order).toEqual(["written", "taken over"]);
      expect(await readRows()).toHaveLength(1);
    } finally {
      await sql`drop function hold cascade`;
    }
  });

  test("a session that is deleted or began again refuses, before and during a write", async () => {
    const { sql } = context.database;
    await write([part("m1", "p1")]);
    await sql`update sessions set deleted_at = now() where id = ${session.sessionId}`;
    await expect(write([part("m1", "p2")])).rejects.toMatchObject({ code: "gone" });
    await sql`update sessions set deleted_at = null, generation = 2 where id = ${session.sessionId}`;
    await expect(write([part("m1", "p2")])).rejects.toMatchObject({ code: "gone" });
    session = { ...session, generation: 2 };
    expect(await outcomes([part("m1", "p1")])).toEqual(["stored"]);
    expect(await readRows()).toHaveLength(1);
  });

  test("a delete that commits while a write waits wins, and nothing is resurrected", async () => {
    const { sql } = context.database;
    const blocked = createGate();
    const release = createGate();
    const deletion = sql.begin(async (tx) => {
      await tx`update sessions set deleted_at = now() where id = ${session.sessionId}`;
      await tx`delete from items where session_id = ${session.sessionId}`;
      blocked.open();
      await release.opened;
    });
    await blocked.opened;
    const written = write([part("m1", "p1")]);
    written.catch(() => {});
    await waitForLock();
    release.open();
    await deletion;
    await expect(written).rejects.toMatchObject({ code: "gone" });
    expect(await readRows()).toEqual([]);
  });

  test("a session that does not exist is gone", async () => {
    session = { sessionId: "ses_unknown", generation: 1 };
    await expect(write([part("m1", "p1")])).rejects.toMatchObject({ code: "gone" });
  });

  async function waitForLock(count = 1): Promise<void> {
    await expect
      .poll(
        async () => {
          const [row] = await context.database.sql`
            select count(*)::int as count from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'`;
          return row!["count"];
        },
        { interval: 5, timeout: 5_000 },
      )
      .toBeGreaterThanOrEqual(count);
  }
});

describe("messages", () => {
  test("rows follow their items: role, place, turn, parts, bytes", async () => {
    await write([
      message("m1", { time: { created: 1_000 } }),
      part("m1", "p1"),
      message("m2", { role: "assistant", time: { created: 2_000 } }),
      part("m2", "p2"),
      part("m2", "p3"),
      message("m3", { time: { created: 3_000 } }),
    ]);
    const rows = await readMessages();
    expect(rows).toMatchObject([
      { message_id: "m1", role: "user", sort_key: "000000000001000", turn: 1, part_count: 1 },
      { message_id: "m2", role: "assistant", sort_key: "000000000002000", turn: 1, part_count: 2 },
      { message_id: "m3", role: "user", turn: 2, part_count: 0 },
    ]);
    const items = await readRows();
    const sizes = items
      .filter((item) => item["message_id"] === "m2")
      .map((item) => Number(item["byte_size"]));
    expect(rows[1]!["bytes"]).toBe(sizes.reduce((sum, size) => sum + size, 0));
  });

  test("a part that comes first makes a placeholder at the end, and its message finds its place once", async () => {
    await write([
      message("m1", { time: { created: 1_000 } }),
      message("m3", { time: { created: 3_000 } }),
    ]);
    await write([part("m2", "p1")]);
    expect((await readMessages()).at(-1)).toMatchObject({
      message_id: "m2",
      role: null,
      turn: 0,
      part_count: 1,
    });
    const late = message("m2", { role: "assistant", time: { created: 2_000 } });
    expect((await write([late])).moved).toEqual([{ messageId: "m2", sortKey: "000000000002000" }]);
    expect((await readMessages()).map((row) => [row["message_id"], row["turn"]])).toEqual([
      ["m1", 1],
      ["m2", 1],
      ["m3", 2],
    ]);
    const later = message("m2", { role: "assistant", time: { created: 9_000 } });
    expect((await write([later])).moved).toEqual([]);
    expect((await readMessages()).map((row) => row["message_id"])).toEqual(["m1", "m2", "m3"]);
  });

  test("turns are numbered alike whatever the order of arrival", async () => {
    const roles = fc.array(fc.constantFrom("user", "assistant"), { minLength: 1, maxLength: 8 });
    const scenario = roles.chain((list) =>
      fc.record({
        list: fc.constant(list),
        order: fc.shuffledSubarray([...list.keys()], { minLength: list.length }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        scenario,
        fc.integer({ min: 1, max: 3 }),
        async ({ list, order }, perWrite) => {
          session = await context.createSession();
          const items = order.map((n) =>
            message(`m${n}`, { role: list[n], time: { created: n + 1 } }),
          );
          for (let n = 0; n < items.length; n += perWrite)
            await write(items.slice(n, n + perWrite));
          let turn = 0;
          const expected = list.map((role) => (turn += role === "user" ? 1 : 0));
          expect((await readMessages()).map((row) => row["turn"])).toEqual(expected);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("a deleted prompt is no turn, until it comes back", async () => {
    await write(["m1", "m2", "m3"].map((id, n) => message(id, { time: { created: n } })));
    await write([{ ...message("m1"), deleted: true }]);
    expect(await readMessages()).toMatchObject([
      { deleted: true, bytes: 0 },
      { turn: 1 },
      { turn: 2 },
    ]);
    await write([message("m1", { time: { created: 0 } })]);
    expect((await readMessages()).map((row) => row["turn"])).toEqual([1, 2, 3]);
  });
});

describe("the session's row", () => {
  const answer = (id: string, cost: number, tokens: number, modelID = "large", created = 1_000) =>
    message(id, {
      role: "assistant",
      cost,
      tokens: { input: tokens, output: 0 },
      providerID: "acme",
      modelID,
      time: { created },
    });
  const title = (text: string): ItemInput => ({
    type: "session",
    messageId: "",
    partId: "",
    body: JSON.stringify({ title: text }),
  });

  test("cost and tokens count each message once, however often it is written", async () => {
    await write([answer("m1", 0.25, 10), answer("m2", 0.5, 20)]);
    await write([answer("m1", 0.25, 10)]);
    await write([answer("m1", 0.75, 40)]);
    expect(await readSession()).toMatchObject({
      cost_usd: 1.25,
      tokens: "60",
      model: "acme/large",
    });
    await write([{ ...answer("m1", 0, 0), deleted: true }]);
    expect(await readSession()).toMatchObject({ cost_usd: 1.25, tokens: "60" });
  });

  test("nothing said is not zero", async () => {
    await write([message("m1", { role: "assistant" })]);
    expect(await readSession()).toMatchObject({ cost_usd: null, tokens: null, model: null });
  });

  test("the model is that of the last answer, also when an earlier one is written later", async () => {
    await write([answer("m2", 0, 0, "second", 2_000)]);
    await write([answer("m1", 0, 0, "first", 1_000)]);
    expect((await readSession())["model"]).toBe("acme/second");
    await write([answer("m3", 0, 0, "third", 3_000)]);
    expect((await readSession())["model"]).toBe("acme/third");
  });

  test("an agent's title replaces the prompt's and its own, never a person's", async () => {
    await write([title("First")]);
    expect(await readSession()).toMatchObject({ title: "First", title_source: "agent" });
    await write([title("Second"), title("New session - 2026-11-20T00:00:00.000Z")]);
    expect((await readSession())["title"]).toBe("First");
    await write([title("Third")]);
    expect((await readSession())["title"]).toBe("Third");
    await context.database
      .sql`update sessions set title = 'Mine', title_source = 'person' where id = ${session.sessionId}`;
    await write([title("Fourth")]);
    expect(await readSession()).toMatchObject({ title: "Mine", title_source: "person" });
  });

  test("a revision passes only when pages show a change", async () => {
    await write([part("m1", "p1")]);
    expect(Number((await readSession())["revision"])).toBe(1);
    await write([title("First")]);
    expect(Number((await readSession())["revision"])).toBe(2);
  });

  test("news of items and of the state is sent once, after commit, and not for a refused or empty change", async () => {
    const news: Record<string, unknown>[] = [];
    const { unlisten } = await context.database.sql.listen("millrace_live", (payload) => {
      const value = JSON.parse(payload) as Record<string, unknown>;
      if (value["sessionId"] === session.sessionId) news.push(value);
    });
    const { lastSeq } = await write([title("First"), part("m1", "p1")]);
    await write([part("m1", "p1")]);
    await expect(write([part("m1", "p2")], { fence: 1 })).rejects.toThrow();
    const last = await write([part("m1", "p3")]);
    await expect.poll(() => news.length).toBe(3);
    await unlisten();
    const { sessionId, generation } = session;
    expect(news).toEqual([
      { kind: "items", sessionId, generation, seq: lastSeq },
      { kind: "state", sessionId, teamId: "team" },
      { kind: "items", sessionId, generation, seq: last.lastSeq },
    ]);
  });
});
