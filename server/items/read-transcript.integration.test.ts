import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { INLINE_ITEM_MAX_BYTES, PREVIEW_MAX_BYTES } from "#lib/limits.ts";
import type { WireItem } from "#lib/live-protocol.ts";
import { parseCutJson } from "#lib/parse-cut-json.ts";
import type { ItemInput } from "./item-input.ts";
import { readTranscript, type TranscriptQuery } from "./read-transcript.ts";
import { createGate, message, part } from "./testing/item-session.ts";
import { useItemsTest } from "./testing/use-items-test.ts";

const harness = useItemsTest();

const write = (...items: ItemInput[]) => harness.write(items);
const sized = (partId: string, bytes: number): ItemInput => ({
  ...part("m1", partId),
  body: JSON.stringify("x".repeat(bytes - 2)),
});
const names = (items: readonly WireItem[]) => items.map((item) => item.partId || item.messageId);

describe("the transcript", () => {
  const read = (query: Partial<TranscriptQuery> = {}) =>
    readTranscript(harness.context.database, {
      ...harness.session,
      maxCount: 100,
      maxBytes: 1_000_000,
      ...query,
    });

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
          await harness.startSession();
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
          for (let hasMore = true; hasMore;) {
            const page = await read({ maxCount, maxBytes, before });
            const found = names(page.items);
            expect(found.length).toBeGreaterThan(0);
            expect(page.items[0]!.type).toBe("message");
            expect(new Set(page.items.map((item) => item.messageId)).size).toBeLessThanOrEqual(
              maxCount,
            );
            const bytes = page.items.slice(1).reduce((sum, item) => sum + item.byteSize, 0);
            expect(page.items.length <= 2 || bytes <= maxBytes).toBe(true);
            // A message that was cut is in both windows.
            all = [...found, ...all.filter((name) => !found.includes(name))];
            hasMore = page.before !== null;
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
    for (let hasMore = true; hasMore;) {
      const page = await read({ maxBytes: 20_000, before });
      expect(page.items.length).toBeLessThan(80);
      seen.unshift(...names(page.items).filter((name) => name !== "m1"));
      hasMore = page.before !== null;
      before = page.before ?? undefined;
    }
    expect(seen).toHaveLength(500);
    expect(seen).toEqual(seen.toSorted());
  });

  test("items and cursor are one view, whatever is committed while the page is read", async () => {
    const { lastSeq } = await write(message("m1"), part("m1", "p1"));
    const { sql } = harness.context.database;
    const { sessionId } = harness.session;
    const held = createGate();
    const release = createGate();
    // Stops the reader after it has read the cursor, and commits a change before it goes on.
    const writer = sql.begin(async (tx) => {
      await tx`lock table messages in access exclusive mode`;
      held.open();
      await release.opened;
      await tx`update items set seq = ${lastSeq + 1}, body = '"new"'
        where session_id = ${sessionId} and part_id = 'p1'`;
      await tx`update sessions set counter = ${lastSeq + 1}, last_seq = ${lastSeq + 1}
        where id = ${sessionId}`;
    });
    await held.opened;
    const reading = read();
    await harness.waitForLock();
    release.open();
    await writer;
    const { items, cursor } = await reading;
    expect(cursor.seq).toBe(lastSeq);
    expect(items.map((item) => item.seq)).toEqual([lastSeq - 1, lastSeq]);
    expect((await read()).items.at(-1)).toMatchObject({ seq: lastSeq + 1, body: '"new"' });
  });

  test("large bodies come as previews above the limit that is asked for", async () => {
    await write(message("m1"), sized("a", 5_000));
    const { items } = await read({ inlineMaxBytes: 4_000 });
    expect(items[1]).toMatchObject({ body: null, byteSize: 5_000 });
    expect(items[1]!.preview).toHaveLength(5_000);
  });

  test("a preview says what a part is, wherever in its body that stands (#4)", async () => {
    const call = (partId: string, bytes: number): ItemInput => ({
      ...part("m1", partId),
      body: JSON.stringify({
        sessionID: "ses_1",
        state: { input: { command: "ls" }, output: "x".repeat(bytes), status: "completed" },
        tool: "bash",
        type: "tool",
      }),
    });
    await write(message("m1"), call("a", 9_000), call("b", INLINE_ITEM_MAX_BYTES));
    const readPreviews = async () => (await read()).items.map((item) => item.preview).slice(1);
    for (const preview of await readPreviews()) {
      expect(Buffer.byteLength(preview ?? "")).toBeLessThanOrEqual(PREVIEW_MAX_BYTES);
      expect(parseCutJson(preview ?? "")).toMatchObject({
        type: "tool",
        tool: "bash",
        state: { status: "completed", input: { command: "ls" } },
      });
    }
    // As they are that were stored before there were heads; of a blob the end is not looked at.
    await harness.context.database.sql`update items set head = null`;
    const [inline] = await readPreviews();
    const state = { status: "completed", input: { command: "ls" } };
    expect(parseCutJson(inline ?? "")).toMatchObject({ type: "tool", tool: "bash", state });
  });

  test("an empty session has an empty transcript, a deleted one is gone, a wrong position is refused", async () => {
    expect(await read()).toEqual({
      items: [],
      before: null,
      after: null,
      endsInTurn: false,
      cursor: { generation: 1, seq: 0 },
      holes: [],
      firstPromptId: null,
      around: null,
    });
    for (const place of ["", "a/b/c", "m\0"]) {
      await expect(read({ before: place })).rejects.toMatchObject({ code: "invalid_input" });
      await expect(read({ after: place })).rejects.toMatchObject({ code: "invalid_input" });
      await expect(read({ around: place })).rejects.toMatchObject({ code: "invalid_input" });
    }
    for (const place of ["nobody", "nobody/nothing"])
      await expect(read({ around: place })).rejects.toMatchObject({ code: "not_found" });
    await expect(read({ around: "turn:1" })).rejects.toMatchObject({ code: "not_found" });
    await harness.context.database
      .sql`update sessions set deleted_at = now() where id = ${harness.session.sessionId}`;
    await expect(read()).rejects.toMatchObject({ code: "gone" });
  });
});
