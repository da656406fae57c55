import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { WireItem } from "#lib/live-protocol.ts";
import { SOCKET_INLINE_MAX_BYTES } from "#lib/limits.ts";
import { sweepBlobs } from "#server/blobs/sweep-blobs.ts";
import type { ItemInput } from "./item-input.ts";
import { listSkippedItems } from "./list-skipped-items.ts";
import { openItemBody } from "./open-item-body.ts";
import { readItemsAfter } from "./read-items-after.ts";
import { readTranscript, type TranscriptQuery } from "./read-transcript.ts";
import {
  createGate,
  message,
  openItemsTest,
  part,
  type ItemSession,
  type ItemsTest,
} from "./testing/item-session.ts";
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

const write = (...items: ItemInput[]) => writeItems(context, { ...session, items });
const sized = (partId: string, bytes: number): ItemInput => ({
  ...part("m1", partId),
  body: JSON.stringify("x".repeat(bytes - 2)),
});
const names = (items: WireItem[]) => items.map((item) => item.partId || item.messageId);

describe("the change log", () => {
  const after = (afterSeq: number, maxCount = 100, maxBytes = 1_000_000) =>
    readItemsAfter(context.database, { ...session, afterSeq, maxCount, maxBytes });

  test("brings items in order, the end says so, and an empty session is done", async () => {
    expect(await after(0)).toEqual({ items: [], moved: [], done: true });
    const { lastSeq } = await write(message("m1"), part("m1", "p1", "é"));
    const { items, done } = await after(0);
    expect(done).toBe(true);
    expect(items[1]).toEqual({
      type: "part",
      messageId: "m1",
      partId: "p1",
      firstSeq: lastSeq,
      seq: lastSeq,
      body: '{"type":"text","text":"é"}',
      byteSize: 27,
      preview: null,
      deleted: false,
    });
    expect(await after(lastSeq)).toMatchObject({ items: [], done: true });
  });

  test("pages of any size bring everything once, newest values only", async () => {
    const history = fc.array(
      fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.integer({ min: 3, max: 2_000 })),
      { minLength: 1, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(
        history,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4_000 }),
        async (writes, maxCount, maxBytes) => {
          session = await context.createSession();
          for (const [id, bytes] of writes) await write(sized(id, bytes));
          const seen: WireItem[] = [];
          for (let done = false; !done;) {
            const page = await after(seen.at(-1)?.seq ?? 0, maxCount, maxBytes);
            expect(page.items.length).toBeGreaterThan(0);
            expect(page.items.length).toBeLessThanOrEqual(maxCount);
            const bytes = page.items.reduce((sum, item) => sum + item.byteSize, 0);
            if (page.items.length > 1) expect(bytes).toBeLessThanOrEqual(maxBytes);
            seen.push(...page.items);
            done = page.done;
          }
          const last = new Map(writes);
          expect(new Map(seen.map((item) => [item.partId, item.byteSize]))).toEqual(last);
          expect(seen).toHaveLength(last.size);
          expect(seen.map((item) => item.seq)).toEqual(
            seen.map((item) => item.seq).toSorted((one, other) => one - other),
          );
        },
      ),
      { numRuns: 25 },
    );
  });

  test("a page that ends exactly at the last item is done, one before it is not", async () => {
    await write(part("m1", "a"), part("m1", "b"), part("m1", "c"));
    expect(await after(0, 3)).toMatchObject({ done: true, items: { length: 3 } });
    expect(await after(0, 2)).toMatchObject({ done: false, items: { length: 2 } });
  });

  test("from 65,536 bytes on a body is a preview, whether it is in the row or in a blob", async () => {
    await write(
      sized("a", SOCKET_INLINE_MAX_BYTES),
      sized("b", SOCKET_INLINE_MAX_BYTES + 1),
      { ...part("m1", "c"), body: JSON.stringify("🦉".repeat(30_000)) },
      sized("d", 3_000_000),
    );
    const { items } = await after(0);
    expect(
      items.map((item) => [
        item.body?.length ?? null,
        item.preview && Buffer.byteLength(item.preview),
      ]),
    ).toEqual([
      [SOCKET_INLINE_MAX_BYTES, null],
      [null, 8_192],
      [null, 8_189],
      [null, 8_192],
    ]);
  });

  test("a deleted item is told, without a body", async () => {
    await write(part("m1", "p1"));
    const { lastSeq } = await write({ ...part("m1", "p1"), deleted: true });
    expect((await after(0)).items).toMatchObject([
      { seq: lastSeq, deleted: true, body: null, preview: null },
    ]);
  });

  test("a message that found its place is told as often as its first write is in the page", async () => {
    const first = await write(part("m1", "p1"));
    const second = await write(message("m1", { time: { created: 5 } }));
    expect((await after(0)).moved).toEqual([{ messageId: "m1", sortKey: "000000000000005" }]);
    expect((await after(first.lastSeq)).moved).toHaveLength(1);
    await write(message("m1", { time: { created: 5 }, cost: 1 }));
    expect((await after(second.lastSeq)).moved).toEqual([]);
  });

  test("another generation sees nothing of this one", async () => {
    await write(part("m1", "p1"));
    session = { ...session, generation: 2 };
    expect(await after(0)).toEqual({ items: [], moved: [], done: true });
  });
});

describe("the transcript", () => {
  const read = (query: Partial<TranscriptQuery> = {}) =>
    readTranscript(context.database, { ...session, maxCount: 100, maxBytes: 1_000_000, ...query });

  test("has messages in their order and parts by id, whatever the order of arrival", async () => {
    await write(
      message("m2", { time: { created: 2 } }),
      part("m2", "p9"),
      part("m1", "p3"),
      part("m2", "p4"),
      message("m1", { time: { created: 1 } }),
      part("m1", "p2"),
      { type: "session_diff", messageId: "", partId: "", body: "[]" },
    );
    await write(part("m1", "p3", "changed late"));
    expect(names((await read()).items)).toEqual(["m1", "p2", "p3", "m2", "p4", "p9"]);
  });

  test("leaves out what was deleted and keeps parts whose message has not come", async () => {
    await write(
      message("m1"),
      part("m1", "p1"),
      part("m1", "p2"),
      message("m2"),
      part("m2", "p3"),
      part("m3", "p4"),
    );
    await write({ ...part("m1", "p1"), deleted: true }, { ...message("m2"), deleted: true });
    expect(names((await read()).items)).toEqual(["m1", "p2", "p4"]);
  });

  test("messages without anything alive do not hide what is before them", async () => {
    await write(message("m1", { time: { created: 1 } }));
    for (const id of ["x", "y", "z"]) await write(part(id, `p${id}`));
    for (const id of ["x", "y", "z"]) await write({ ...part(id, `p${id}`), deleted: true });
    expect(names((await read({ maxCount: 1 })).items)).toEqual(["m1"]);
  });

  test("windows from the end to the beginning bring every item, in order, each message with its parts", async () => {
    const shape = fc.array(fc.array(fc.integer({ min: 2, max: 1_500 }), { maxLength: 5 }), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(
        shape,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 6_000 }),
        async (messages, maxCount, maxBytes) => {
          session = await context.createSession();
          const items = messages.flatMap((parts, m) => [
            message(`m${m}`, { time: { created: m } }),
            ...parts.map((bytes, p) => ({
              ...part(`m${m}`, `p${m}.${p}`),
              body: JSON.stringify("x".repeat(bytes)),
            })),
          ]);
          await write(...items);
          let all: string[] = [];
          let before: string | undefined;
          for (let hasEarlier = true; hasEarlier;) {
            const page = await read({ maxCount, maxBytes, before });
            const found = names(page.items);
            expect(found.length).toBeGreaterThan(0);
            expect(page.items[0]!.type).toBe("message");
            expect(new Set(page.items.map((item) => item.messageId)).size).toBeLessThanOrEqual(
              maxCount,
            );
            const bytes = page.items.slice(1).reduce((sum, item) => sum + item.byteSize, 0);
            if (page.items.length > 2) expect(bytes).toBeLessThanOrEqual(maxBytes);
            // A message that was cut is in both windows.
            all = [...found, ...all.filter((name) => !found.includes(name))];
            hasEarlier = page.hasEarlier;
            expect(page.before === null).toBe(!hasEarlier);
            before = page.before ?? undefined;
          }
          expect(all).toEqual(items.map((item) => item.partId || item.messageId));
        },
      ),
      { numRuns: 30 },
    );
  });

  test("a message with more parts than a window is paged through", async () => {
    await write(
      message("m1"),
      ...Array.from({ length: 500 }, (_, n) => part("m1", `p${String(n).padStart(3, "0")}`)),
    );
    const seen: string[] = [];
    let before: string | undefined;
    for (let hasEarlier = true; hasEarlier;) {
      const page = await read({ maxBytes: 20_000, before });
      expect(page.items.length).toBeLessThan(80);
      seen.unshift(...names(page.items).filter((name) => name !== "m1"));
      hasEarlier = page.hasEarlier;
      before = page.before ?? undefined;
    }
    expect(seen).toHaveLength(500);
    expect(seen).toEqual(seen.toSorted());
  });

  test("items and cursor are one view: live goes on without gap or repetition", async () => {
    const gate = createGate();
    const writer = (async () => {
      for (let n = 0; n < 60; n += 1) {
        await write(message(`m${n}`, { time: { created: n } }), part(`m${n}`, `p${n}`));
        if (n === 5) gate.open();
      }
    })();
    await gate.opened;
    for (let n = 0; n < 20; n += 1) {
      const { items, cursor } = await read();
      const later = await readItemsAfter(context.database, {
        ...session,
        afterSeq: cursor.seq,
        maxCount: 1_000,
        maxBytes: 1e9,
      });
      expect(Math.max(...items.map((item) => item.seq))).toBe(cursor.seq);
      const both = [...names(items), ...names(later.items)];
      expect(new Set(both).size).toBe(both.length);
      expect(both.toSorted()).toEqual(
        both
          .flatMap((_, place) => [`m${place / 2}`, `p${place / 2}`])
          .filter((name) => !name.includes("."))
          .toSorted(),
      );
    }
    await writer;
  });

  test("large bodies come as previews above the limit that is asked for", async () => {
    await write(message("m1"), sized("a", 5_000));
    const { items } = await read({ inlineMaxBytes: 4_000 });
    expect(items[1]).toMatchObject({ body: null, byteSize: 5_000 });
    expect(items[1]!.preview).toHaveLength(5_000);
  });

  test("an empty session has an empty transcript, a deleted one is gone, a wrong position is refused", async () => {
    expect(await read()).toEqual({
      items: [],
      hasEarlier: false,
      before: null,
      cursor: { generation: 1, seq: 0 },
    });
    await expect(read({ before: "nonsense" })).rejects.toMatchObject({ code: "invalid_input" });
    await context.database
      .sql`update sessions set deleted_at = now() where id = ${session.sessionId}`;
    await expect(read()).rejects.toMatchObject({ code: "gone" });
  });
});

describe("one body", () => {
  const open = (seq: number) => openItemBody(context, { ...session, seq });
  const bytesOf = async (seq: number) => Buffer.concat(await (await open(seq)).stream.toArray());

  test.each([2, 65_536, 65_537, 300_000, 3_000_000, 9_000_000])(
    "of %i bytes comes whole",
    async (bytes) => {
      const body = JSON.stringify("é".repeat(bytes / 2)).padEnd(bytes);
      const { lastSeq } = await write({ ...part("m1", "p1"), body });
      expect((await bytesOf(lastSeq)).equals(Buffer.from(body))).toBe(true);
      const { byteSize, stream } = await open(lastSeq);
      stream.destroy();
      expect(byteSize).toBe(Buffer.byteLength(body));
    },
  );

  test("a superseded or deleted position is not found", async () => {
    const first = await write(part("m1", "p1", "one"));
    const second = await write(part("m1", "p1", "two"));
    await expect(open(first.lastSeq)).rejects.toMatchObject({ code: "not_found" });
    expect((await bytesOf(second.lastSeq)).toString()).toContain("two");
    const third = await write({ ...part("m1", "p1"), deleted: true });
    await expect(open(third.lastSeq)).rejects.toMatchObject({ code: "not_found" });
  });

  test("bytes that the store lost are not found, never something else", async () => {
    const before = await context.listKeys();
    const { lastSeq } = await write(sized("p1", 3_000_000));
    await context.blobs.delete((await context.listKeys()).filter((key) => !before.includes(key)));
    await expect(open(lastSeq)).rejects.toMatchObject({ code: "not_found" });
  });

  test("a kill between blob and row leaves the old item whole, and the sweep removes the rest", async () => {
    const { lastSeq } = await write(sized("p1", 3_000_000));
    const keys = await context.listKeys();
    // The write dies where the row would be written: the blob is complete, nobody refers to it.
    const { sql } = context.database;
    await sql`create function die() returns trigger language plpgsql as
      $$begin perform pg_terminate_backend(pg_backend_pid()); return new; end$$`;
    await sql`create trigger die before insert on items for each row execute function die()`;
    const body = JSON.stringify("y".repeat(3_000_000));
    await expect(write({ ...part("m1", "p1"), body })).rejects.toMatchObject({
      code: "unavailable",
    });
    await sql`drop function die cascade`;
    expect((await bytesOf(lastSeq)).byteLength).toBe(3_000_000);
    expect(await context.listKeys()).toHaveLength(keys.length + 1);
    await sql`update blobs set lease_until = now() - interval '1 second'`;
    await sweepBlobs(context, { graceMs: -1_000 });
    expect(await context.listKeys()).toEqual(keys);
    expect((await bytesOf(lastSeq)).byteLength).toBe(3_000_000);
  });
});

test("what was skipped is listed in order, page by page", async () => {
  await write(...["p1", "p2", "p3"].map((id) => ({ ...part("m1", id), body: "" })));
  const first = await listSkippedItems(context.database, { ...session, maxCount: 2 });
  const rest = await listSkippedItems(context.database, {
    ...session,
    maxCount: 2,
    afterId: first.at(-1)!.id,
  });
  expect([...first, ...rest].map((item) => item.partId)).toEqual(["p1", "p2", "p3"]);
  expect(first[0]).toMatchObject({ itemIndex: 0, byteSize: 0, reason: "The item is empty" });
});
