import { expect, test } from "vitest";
import type { ScannedItem } from "#server/ingest/scanner/scanned-element.ts";
import { createRandom } from "#lib/testing/create-random.ts";
import { RandomDocuments } from "#server/ingest/scanner/testing/random-document.ts";
import { cut, scan } from "#server/ingest/scanner/testing/scan.ts";
import { scanItems } from "#server/ingest/scanner/scan-items.ts";
import { ExportOutput } from "./export-output.ts";
import type { ExportRow } from "./export-row.ts";
import { NdjsonFormat } from "./ndjson-format.ts";
import { someHead, someTotals } from "./testing/some-export.ts";

type Item = Pick<ScannedItem, "type" | "messageId" | "partId" | "envelope"> & { body: string };

/** The same items as an export writes them; `isPiped` as it writes blobs. */
function write(items: readonly Item[], { isPiped = false } = {}): Buffer {
  const output = new ExportOutput();
  const format = new NdjsonFormat(someHead);
  format.begin(output);
  for (const item of items) {
    const body = Buffer.from(item.body);
    const row = rowOf(item, isPiped ? null : body);
    if (!isPiped) {
      format.write(output, row, body);
      continue;
    }
    const { before, replace, after } = format.open(output, row);
    output.text(before);
    for (const piece of cut(body, 7)) output.bytes(Buffer.from(replace(Buffer.from(piece))));
    output.text(after());
  }
  format.end(output, someTotals);
  output.flush();
  return Buffer.concat(output.take());
}

const kinds: Partial<Record<string, ExportRow["kind"]>> = { message: "message", part: "part" };

function rowOf({ type, messageId, partId, envelope }: Item, body: Buffer | null): ExportRow {
  const isSession = type === "session" && messageId === "" && partId === "";
  const kind = isSession ? "session" : (kinds[type] ?? "other");
  const around = envelope === undefined ? null : Buffer.from(envelope);
  return {
    kind,
    type,
    messageId,
    partId,
    isFresh: true,
    body,
    envelope: around,
    far: null,
    partCount: 0,
  };
}

const identity = ({ type, messageId, partId, body, envelope }: Item) => ({
  type,
  messageId,
  partId,
  body,
  envelope,
});

async function expectRoundTrip(items: readonly Item[], isPiped = false): Promise<void> {
  const document = write(items, { isPiped });
  const back = await scan(document);
  expect(back.items.map(identity)).toEqual(items.map(identity));
  expect({ skipped: back.skipped, fault: back.fault }).toEqual({ skipped: [], fault: null });
  // Every line is JSON of its own for everybody else, too.
  for (const line of document.toString("utf8").trimEnd().split("\n")) JSON.parse(line);
}

test("what is written is read back, whatever documents it came in", async () => {
  const documents = new RandomDocuments(createRandom(11));
  let count = 0;
  for (let run = 0; run < 500; run += 1) {
    const { items } = await scan(documents.document());
    count += items.length;
    await expectRoundTrip(items);
    await expectRoundTrip(items, true);
  }
  expect(count).toBeGreaterThan(300);
});

const part = (body: string, more: Partial<Item> = {}): Item => ({
  type: "part",
  messageId: "m1",
  partId: "p1",
  envelope: undefined,
  body,
  ...more,
});

test.each([
  ["lone surrogates and NUL, escaped", '{"id":"p1","messageID":"m1","text":"\\ud800 \\u0000"}'],
  ["__proto__", '{"__proto__":{"id":"x"},"id":"p1","messageID":"m1"}'],
  ["equal names", '{"id":"p0","id":"p1","messageID":"m0","messageID":"m1"}'],
  ["numbers that JavaScript would change", '{"id":"p1","messageID":"m1","n":1.10e400}'],
  ["line breaks of all kinds", '{\r\n\t"id": "p1",\n\n  "messageID":"m1"\n}'],
  ["ids inside of something else only", '{"x":{"id":"p1","messageID":"m1"}}'],
  ["ids in text only", '{"x":"\\"id\\":\\"p1\\",\\"messageID\\":\\"m1\\""}'],
  ["another id inside before its own", '{"x":["id"],"id":"p1","messageID":"m1"}'],
  ["no ids", "{}"],
  ["an array", "[]"],
])("a body with %s stays as it is", async (_, body) => {
  await expectRoundTrip([part(body)]);
  await expectRoundTrip([part(body)], true);
});

test.each([
  ["other members", '{"timestamp":1}'],
  ["line breaks", '{"a":\n1,\n"b":2}'],
  ["an older type", '{"type":"old"}'],
  ["older data", '{"data":[1]}'],
  ["members of a message", '{"info":1,"parts":[]}'],
  ["members of a message before an older type", '{"info":1,"type":"x"}'],
  ["members of a message before older data", '{"info":1,"data":"x"}'],
  ["members of a snapshot", '{"messages":[],"model":1}'],
  ["what an export adds", '{"millrace":{"ids":["a","b"],"breaks":[1]}}'],
])("an envelope with %s stays as it is", async (_, envelope) => {
  const body = '{\n"id":"p1","messageID":"m1"}';
  await expectRoundTrip([part(body, { envelope }), part("{}", { envelope, partId: "p2" })]);
  await expectRoundTrip([part(body.replace("\n", ""), { envelope })]);
  await expectRoundTrip([part(body, { envelope })], true);
});

test("ids of any text are written so that they are read back", async () => {
  const ids = ['"quoted"', "back\\slash", "a\nb", "é漢😀", '"millrace":{', "x".repeat(256)];
  await expectRoundTrip(ids.map((id) => part("{}", { messageId: id, partId: id })));
  await expectRoundTrip(ids.map((id) => part("{}", { type: id, messageId: "", partId: id })));
});

test("an export without items is one all the same", async () => {
  const document = write([]);
  expect((await scan(document)).fault).toBeNull();
  expect((await scan(document, 1)).elements).toEqual([]);
});

test.each([1, 2, 3, 7, 64])("is checked in chunks of %i bytes", async (chunkBytes) => {
  const document = write([part('{"id":"p1"}'), part(`{"text":"${"x".repeat(9_000)}"}`)]);
  expect((await scan(document, chunkBytes)).fault).toBeNull();
});

test("an export that was cut off or changed is found out, after its items", async () => {
  const document = write([part("{}"), part("{}", { partId: "p2" })]).toString("utf8");
  const lines = document.trimEnd().split("\n");
  const changed = [
    lines.slice(0, -1).join("\n"),
    [lines[0], ...lines.slice(2)].join("\n"),
    document.replace("p2", "p3"),
    `${document}{"type":"part","data":{"id":"p3","messageID":"m1"}}\n`,
  ];
  for (const text of changed) {
    const { fault, items } = await scan(text);
    expect(fault).toMatchObject({ fault: "changed_export" });
    expect(items.length).toBeGreaterThan(0);
  }
  expect((await scan(lines.slice(1, -1).join("\n"))).fault).toBeNull();
});

test("what an export does not hold is told as a skip in its place", async () => {
  const output = new ExportOutput();
  const format = new NdjsonFormat(someHead);
  format.begin(output);
  const what = { reason: "missing", byteSize: 5, sha256: "abc", href: null } as const;
  format.leaveOut(output, rowOf(part("{}"), null), what);
  format.end(output, someTotals);
  output.flush();
  const { skipped, items } = await scan(Buffer.concat(output.take()));
  expect(items).toEqual([]);
  expect(skipped).toMatchObject([
    { reason: "The export does not hold this item", messageId: "m1", partId: "p1" },
  ]);
});

test("members that an export adds mean nothing in other documents", async () => {
  const line = '{"type":"part","data":{"id":"p","messageID":"m"},"millrace":{"ids":["x","y"]}}\n';
  const found = [];
  for await (const batch of scanItems([Buffer.from(line)])) found.push(...batch);
  expect(found).toMatchObject([{ messageId: "m", partId: "p", envelope: expect.anything() }]);
});
