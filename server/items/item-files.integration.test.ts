import { createHash, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { REFERENCE_THRESHOLD_BYTES } from "#lib/limits.ts";
import { sweepBlobs } from "#server/blobs/sweep-blobs.ts";
import { isOutputRef } from "#server/outputs/output-ref.ts";
import { createRefStore } from "#server/outputs/ref-store.ts";
import { resolveOutput } from "#server/outputs/resolve-output.ts";
import { findBodyFiles } from "./open-far-body.ts";
import { openItemBody } from "./open-item-body.ts";
import { readItemValue } from "./read-item-value.ts";
import { part } from "./testing/item-session.ts";
import { type ItemRow, useItemsTest } from "./testing/use-items-test.ts";

const harness = useItemsTest();
const sql = () => harness.context.database.sql;

const png = randomBytes(REFERENCE_THRESHOLD_BYTES);
const urlOf = (bytes: Buffer) => `data:image/png;base64,${bytes.toString("base64")}`;
const bodyOf = (...files: Buffer[]) =>
  ` {"type":"tool","n":1.10,"files":[${files
    .map((bytes, n) => `{"filename":"shot ${n}.png", "url":"${urlOf(bytes)}"}`)
    .join(" , ")}],"end":"é"}\n`;

async function readBody(seq: number): Promise<string> {
  const { stream } = await openItemBody(harness.context, { ...harness.session, seq });
  return Buffer.concat(await stream.toArray()).toString("utf8");
}

const listOutputs = () => sql()`
  select port, mime, source, state, bytes::int as bytes, sha256, first_seq::int as seq from outputs
  where session_id = ${harness.session.sessionId} order by id`;

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

test("files of an upload's parts are taken out, and the body leaves byte for byte", async () => {
  const large = randomBytes(3_000_001);
  const body = bodyOf(png, large);
  await harness.write([part("m1", "p1"), { ...part("m1", "p2"), body }, part("m1", "p3")]);
  const rows = await harness.readRows();
  const row = rows.find(({ partId }) => partId === "p2")!;
  expect(row).toMatchObject({
    body: null,
    byteSize: Buffer.byteLength(body),
    sha256: sha256(Buffer.from(body)),
  });
  expect(await readBody(row.seq)).toBe(body);
  const [stored] = await sql()`select bytes::int as bytes from blobs where id = ${row.blobId}`;
  expect(stored!["bytes"]).toBeLessThan(300);
  expect(await listOutputs()).toEqual(
    [
      { port: "shot 0.png", bytes: png.byteLength, sha256: sha256(png) },
      { port: "shot 1.png", bytes: large.byteLength, sha256: sha256(large) },
    ].map((output) => ({
      ...output,
      mime: "image/png",
      source: "content",
      state: "complete",
      seq: row.seq,
    })),
  );
  expect(await harness.readSession()).toMatchObject({
    output_count: 2,
    output_bytes: String(png.byteLength + large.byteLength),
  });
});

test("the same upload again changes nothing, and the same file elsewhere is one output", async () => {
  const body = bodyOf(png);
  await harness.write([{ ...part("m1", "p1"), body }], { received: 5 });
  expect(await harness.outcomes([{ ...part("m1", "p1"), body }], { received: 5 })).toEqual([
    "unchanged",
  ]);
  await harness.write([{ ...part("m1", "p2"), body: bodyOf(png, png) }]);
  expect(await listOutputs()).toHaveLength(1);
  const [, second] = await harness.readRows();
  expect(await readBody(second!.seq)).toBe(bodyOf(png, png));
});

const line = (id: string, facts: object, bytes: Buffer) => ({
  messageId: "",
  type: "millrace_output",
  partId: id,
  body: JSON.stringify({ id, ...facts, mime: "image/png", url: urlOf(bytes) }),
});

test("lines of an export are outputs again, also small ones and those of the same bytes", async () => {
  const small = Buffer.from("x");
  const error = "The disk is full";
  const lines = [
    line("out_1", { port: "shots/1.png", name: "1.png" }, small),
    line("out_2", { port: "shots/1.png", name: "1.png" }, small),
    line("out_3", { port: "late.png", state: "incomplete", error }, png),
  ];
  await harness.write(lines);
  await harness.write(lines);
  const outputs = await sql()`
    select port, n, name, state, error, bytes::int as bytes, sha256 from outputs
    where session_id = ${harness.session.sessionId} order by id`;
  const shot = { port: "shots/1.png", name: "1.png", state: "complete", error: null, bytes: 1 };
  expect(outputs).toEqual([
    { ...shot, n: 0, sha256: sha256(small) },
    { ...shot, n: 1, sha256: sha256(small) },
    {
      port: "late.png",
      n: 0,
      name: "late.png",
      state: "incomplete",
      error,
      bytes: png.byteLength,
      sha256: sha256(png),
    },
  ]);
  const bodies = await Promise.all((await harness.readRows()).map(({ seq }) => readBody(seq)));
  expect(bodies).toEqual(lines.map(({ body }) => body));
  // Of the large one and the rest of its line: small ones cost the store nothing.
  expect(
    await sql()`select from blobs where session_id = ${harness.session.sessionId}`,
  ).toHaveLength(2);
});

test("a line that comes again otherwise replaces its output, and one of the session's own adds none", async () => {
  const { sessionId } = harness.session;
  const changed = Buffer.concat([png, png]);
  const first = "out_0000000000000000000000000A";
  await harness.write([line(first, { port: "a.png" }, png), line("out_2", {}, Buffer.from("x"))]);
  const ids = () => sql()`select id from outputs where session_id = ${sessionId} order by id`;
  const before = await ids();
  await harness.write([
    line(first, { port: "a.png" }, changed),
    line("out_2", {}, Buffer.from("xyz")),
    line(String(before[0]!["id"]), {}, Buffer.from("back")),
  ]);
  expect(await ids()).toEqual(before);
  expect(await listOutputs()).toMatchObject([{ bytes: changed.byteLength }, { bytes: 3 }]);
  expect(await harness.readSession()).toMatchObject({
    output_count: 2,
    output_bytes: String(changed.byteLength + 3),
  });
  await sweepBlobs(harness.context);
  expect(await sql()`select from blobs where session_id = ${sessionId}`).toHaveLength(2);
});

test("a file has the type and the name that its own item says", async () => {
  await harness.write([{ ...part("m1", "p1"), body: bodyOf(png) }]);
  const other = `{"type":"tool","url":"${urlOf(png).replace("image/png", "image/x-other")}"}`;
  await harness.write([{ ...part("m1", "p2"), body: other }]);
  const [, { seq, blobId }] = (await harness.readRows()) as [ItemRow, ItemRow];
  const place = { ...harness.session, seq, blobId: blobId! };
  expect(await findBodyFiles(sql(), place)).toMatchObject([{ mime: "image/x-other", name: null }]);
});

test("a body that another one replaces lets go of its files, but for those that are outputs", async () => {
  await harness.write([
    { ...part("m1", "p1"), body: bodyOf(png) },
    { ...part("m1", "p2"), body: bodyOf(png) },
  ]);
  await harness.write([part("m1", "p1"), part("m1", "p2")]);
  expect(
    await sql()`select from item_refs where session_id = ${harness.session.sessionId}`,
  ).toEqual([]);
  await sweepBlobs(harness.context);
  const left = await sql()`
    select id from blobs where session_id = ${harness.session.sessionId}`;
  const kept = await sql()`
    select blob_id as id from outputs where session_id = ${harness.session.sessionId}`;
  expect(left).toEqual(kept);
  expect(kept).toHaveLength(1);
});

test("files below the threshold stay in their row", async () => {
  const body = bodyOf(png.subarray(1));
  await harness.write([{ ...part("m1", "p1"), body }]);
  expect((await harness.readRows())[0]).toMatchObject({ body, blobId: null });
});

test("a file that is gone is told, and not left out in silence", async () => {
  await harness.write([{ ...part("m1", "p1"), body: bodyOf(png) }]);
  const [row] = await harness.readRows();
  await sql()`
    update blobs set state = 'deleting'
    where session_id = ${harness.session.sessionId} and purpose = 'output'`;
  await expect(readBody(row!.seq)).rejects.toMatchObject({ code: "not_found" });
});

test("a reader gets references for files in blobs, and for nothing that looks like one", async () => {
  const text = '{"$ref":"x","blobId":"y"}';
  const body = `{"a/b":{"url":"${urlOf(png)}"},"text":${JSON.stringify(text)},"small":"${urlOf(png.subarray(9))}","$ref":"x"}`;
  await harness.write([{ ...part("m1", "p1"), body }]);
  const [row] = await harness.readRows();
  const position = { ...harness.session, seq: row!.seq };
  const value = (await readItemValue(harness.context, position)) as Record<string, unknown>;
  expect((value["a/b"] as { url: unknown }).url).toSatisfy(isOutputRef);
  expect(value).toMatchObject({ text, small: urlOf(png.subarray(9)), $ref: "x" });
  const refs = createRefStore(harness.context, harness.session);
  const options = { hydrate: "all", refs, dangling: "error" } as const;
  expect(JSON.stringify(await resolveOutput(value, options))).toBe(body);
});
