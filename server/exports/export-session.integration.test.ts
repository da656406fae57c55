import { createHash } from "node:crypto";
import { Transform } from "node:stream";
import { expect, test, vi } from "vitest";
import { EXPORT_MEMBER } from "#lib/export.ts";
import type { ItemInput } from "#server/items/item-input.ts";
import { message, part } from "#server/items/testing/item-session.ts";
import { useExportTest } from "./testing/use-export-test.ts";

const { harness, open, read, countTransactions, countBlobs } = useExportTest();
const write = (items: ItemInput[]) => harness.write(items);

const info: ItemInput = { type: "session", messageId: "", partId: "", body: '{"id":"s", "n":1.0}' };
const diff: ItemInput = { type: "session_diff", messageId: "", partId: "", body: '[{"file":"a"}]' };
const note: ItemInput = { type: "note", messageId: "", partId: "n", body: '{"id":"n"}' };
const large = (partId: string, letter = "z") => part("msg_1", partId, letter.repeat(2_100_000));

interface Snapshot {
  info: Record<string, unknown>;
  messages: { info: { id: string }; parts: { text?: string }[] }[];
  sessionDiff?: unknown;
  [EXPORT_MEMBER]: Record<string, number | string>;
}

/** Elsewhere it is a matter of milliseconds. */
const soon = { timeout: 20_000 };

const parse = (text: string) => JSON.parse(text) as Snapshot;
const textsOf = (snapshot: Snapshot) =>
  snapshot.messages.map(({ info: { id }, parts }) => [id, ...parts.map(({ text }) => text?.[0])]);

test("a snapshot has info first, messages in their order with their parts, the diff, and counts", async () => {
  await write([
    diff,
    message("msg_2", { time: { created: 20 } }),
    part("msg_2", "prt_2", "d"),
    part("msg_2", "prt_1", "c"),
    message("msg_1", { time: { created: 10 } }),
    part("msg_1", "prt_4", "b".repeat(9_000)),
    part("msg_1", "prt_3", "a"),
    large("prt_5"),
    part("msg_9", "prt_9", "nobody's"),
    note,
    info,
  ]);
  const text = await read();
  expect(text.startsWith('{"info":{"id":"s", "n":1.0},"messages":[')).toBe(true);
  const snapshot = parse(text);
  expect(textsOf(snapshot)).toEqual([
    ["msg_1", "a", "b", "z"],
    ["msg_2", "c", "d"],
  ]);
  expect(snapshot.sessionDiff).toEqual([{ file: "a" }]);
  const end = text.lastIndexOf(`,"${EXPORT_MEMBER}"`);
  expect(snapshot[EXPORT_MEMBER]).toMatchObject({
    items: 11,
    messages: 2,
    parts: 5,
    orphanParts: 1,
    itemsWithoutPlace: 2,
    missing: 0,
    sha256: createHash("sha256").update(text.slice(0, end)).digest("hex"),
  });
});

test("an empty session is a snapshot with nothing in it", async () => {
  expect(parse(await read())).toMatchObject({ info: {}, messages: [] });
});

test("deleted items and parts of deleted messages are left out", async () => {
  await write([message("msg_1"), part("msg_1", "prt_1"), message("msg_2"), part("msg_2", "prt_2")]);
  await write([
    { ...part("msg_1", "prt_1"), deleted: true },
    { ...message("msg_2"), deleted: true },
  ]);
  expect(textsOf(parse(await read()))).toEqual([["msg_1"]]);
  expect(await read({ format: "ndjson" })).not.toContain("prt_2");
});

test("with `since` only what changed later is there, parts with their messages", async () => {
  const { lastSeq } = await write([
    info,
    message("msg_1"),
    part("msg_1", "prt_1", "a"),
    message("msg_2"),
  ]);
  await write([part("msg_1", "prt_2", "b"), message("msg_3")]);
  const snapshot = parse(await read({ since: lastSeq }));
  expect(textsOf(snapshot)).toEqual([["msg_1", "b"], ["msg_3"]]);
  expect(snapshot[EXPORT_MEMBER]).toMatchObject({ messages: 1, parts: 1 });
  const lines = (await read({ format: "ndjson", since: lastSeq })).trimEnd().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual([
    "millrace_export",
    "part",
    "message",
    "millrace_export",
  ]);
  await expect(read({ since: 1_000 })).rejects.toMatchObject({ code: "invalid_input" });
});

test("a span of turns holds only these, and no items beside the transcript", async () => {
  const turns = ["msg_1", "msg_2", "msg_3"].flatMap((id) => [
    message(id),
    part(id, `prt_${id}`, id),
  ]);
  await write([info, ...turns, diff, note]);
  const snapshot = parse(await read({ span: { fromMessageId: "msg_2", toMessageId: "msg_2" } }));
  expect(snapshot.messages.map((one) => one.info.id)).toEqual(["msg_2"]);
  expect(snapshot).not.toHaveProperty("sessionDiff");
  expect(parse(await read({ span: { fromMessageId: "msg_9" } })).messages).toEqual([]);
});

test("bodies in the store are linked or left out when asked for", async () => {
  await write([message("msg_1"), large("prt_1")]);
  const linked = await read({ format: "ndjson", refs: "link", hrefOf: (seq) => `/items/${seq}` });
  expect(linked).toContain('"leftOut":"linked"');
  expect(linked).toContain('"href":"/items/3"');
  const omitted = parse(await read({ refs: "omit" }));
  expect(omitted.messages[0]?.parts).toMatchObject([
    { type: "text", metadata: { millrace: { leftOut: "omitted", bytes: expect.any(Number) } } },
  ]);
  expect(omitted[EXPORT_MEMBER]).toMatchObject({ leftOut: 1, missing: 0 });
});

test.each(["md", "html"] as const)("a text of any length is whole in %s (#4)", async (format) => {
  const text = `${"long line\n".repeat(600_000)}the end of it`;
  await write([message("msg_1"), part("msg_1", "prt_1", text), part("msg_1", "prt_2", "next")]);
  const document = await read({ format });
  expect(document).toContain(text);
  expect(document.indexOf("next")).toBeGreaterThan(document.indexOf("the end of it"));
  const upper = () =>
    new Transform({
      transform: (chunk: Buffer, _, done) =>
        done(null, chunk.toString().replaceAll("long", "LONG")),
    });
  const rewrite = { item: (body: string) => body, openBody: upper };
  expect(await read({ format, rewrite })).toContain("LONG line\nLONG line");
});

test("a body that is missing in the store has a marker in its place, and is counted", async () => {
  await write([message("msg_1"), large("prt_1"), part("msg_1", "prt_2", "b")]);
  await harness.context.blobs.delete(await harness.context.listKeys());
  for (const format of ["json", "ndjson", "md", "html"] as const)
    expect(await read({ format })).toMatch(/missing/);
  const snapshot = parse(await read());
  expect(textsOf(snapshot)[0]?.at(-1)).toBe("b");
  expect(snapshot[EXPORT_MEMBER]).toMatchObject({ missing: 1, parts: 2 });
});

test("a view is consistent: what is written meanwhile is not in it", async () => {
  await write([message("msg_1"), large("prt_1"), large("prt_2"), part("msg_1", "prt_3", "old")]);
  const { chunks } = await open();
  const pieces = [(await chunks.next()).value as Buffer];
  await write([part("msg_1", "prt_3", "new"), message("msg_0", { time: { created: 1 } })]);
  for await (const chunk of chunks) pieces.push(chunk);
  expect(textsOf(parse(Buffer.concat(pieces).toString()))).toEqual([["msg_1", "z", "z", "o"]]);
});

test("a large body that is replaced meanwhile breaks the export", async () => {
  await write([message("msg_1"), ...["1", "2", "3"].map((n) => large(`prt_${n}`))]);
  const { chunks } = await open();
  await chunks.next();
  await write([large("prt_3", "y")]);
  await expect(readRest(chunks)).rejects.toMatchObject({ code: "conflict" });
  expect(await countTransactions()).toBe(0);
});

test("a session that is deleted meanwhile ends its export", async () => {
  await write([message("msg_1"), large("prt_1"), large("prt_2")]);
  const { chunks } = await open();
  await chunks.next();
  await harness.context.database
    .sql`update sessions set deleted_at = now() where id = ${harness.session.sessionId}`;
  await harness.context.blobs.delete(await harness.context.listKeys());
  await expect(readRest(chunks)).rejects.toMatchObject({ code: "gone" });
  await expect(open()).rejects.toMatchObject({ code: "gone" });
});

test("a reader who leaves ends the transaction, before the first byte as after it", async () => {
  await write([message("msg_1"), large("prt_1"), large("prt_2")]);
  const begun = await open();
  await begun.chunks.next();
  await begun.chunks.return();
  await (await open()).chunks.return();
  await vi.waitFor(async () => expect(await countTransactions()).toBe(0), soon);
  expect(parse(await read())[EXPORT_MEMBER]).toMatchObject({ parts: 2 });
});

test("a reader who stands still gets the rest from a temporary blob, and holds no transaction", async () => {
  await write([message("msg_1"), ...Array.from({ length: 8 }, (_, n) => large(`prt_${n}`))]);
  const { chunks } = await open({ limits: { transactionMs: 50 } });
  const pieces = [(await chunks.next()).value as Buffer];
  await vi.waitFor(async () => expect(await countBlobs()).toBe(1), soon);
  await vi.waitFor(async () => expect(await countTransactions()).toBe(0), soon);
  for await (const chunk of chunks) pieces.push(chunk);
  const snapshot = parse(Buffer.concat(pieces).toString());
  expect(snapshot[EXPORT_MEMBER]).toMatchObject({ parts: 8, missing: 0 });
  expect(await countBlobs()).toBe(0);
});

test("a reader who leaves a temporary blob takes it with him", async () => {
  await write([message("msg_1"), ...Array.from({ length: 8 }, (_, n) => large(`prt_${n}`))]);
  const { chunks } = await open({ limits: { transactionMs: 1 } });
  await vi.waitFor(async () => expect(await countBlobs()).toBe(1), soon);
  await chunks.next();
  await chunks.return();
  expect(await countBlobs()).toBe(0);
  expect(await countTransactions()).toBe(0);
});

test("two exports hold transactions at one time, a third waits for its turn", async () => {
  await write([message("msg_1"), large("prt_1"), large("prt_2")]);
  const [one, two] = [await open(), await open()];
  let isThirdOpen = false;
  const third = open().then((opened) => {
    isThirdOpen = true;
    return opened;
  });
  await vi.waitFor(async () => expect(await countTransactions()).toBe(2), soon);
  expect(isThirdOpen).toBe(false);
  await one.chunks.return();
  await (await third).chunks.return();
  await two.chunks.return();
});

test("a rewritten export has only what the rewriting lets out", async () => {
  const kept: ItemInput = { ...part("msg_1", "prt_1", "secret"), envelope: '{"secret":1}' };
  await write([
    message("msg_1"),
    kept,
    part("msg_1", "prt_2", "hidden"),
    large("prt_3"),
    large("prt_4"),
  ]);
  const upper = () =>
    new Transform({
      transform: (chunk: Buffer, _, done) => done(null, chunk.toString().replaceAll("z", "y")),
    });
  const text = await read({
    format: "ndjson",
    rewrite: {
      item: (body) => (body.includes("hidden") ? null : body.replace("secret", "******")),
      openBody: ({ partId }) => (partId === "prt_3" ? upper() : null),
    },
  });
  expect(text).toContain("******");
  expect(text).not.toMatch(/secret|hidden|zz/);
  expect(text).toContain("yyy");
  expect(text).toContain('"leftOut":"omitted"');
});

async function readRest(chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of chunks) continue;
}
