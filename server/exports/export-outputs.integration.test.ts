import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ExportFormat, ExportRefs } from "#lib/export.ts";
import { writeItems } from "#server/items/write-items.ts";
import { useOutputsTest } from "#server/outputs/testing/use-outputs-test.ts";
import { exportSession } from "./export-session.ts";

const harness = useOutputsTest();
const log = Buffer.from("two\nlines\n");
const picture = randomBytes(70_000);
const embedded = randomBytes(66_000);
const url = `data:image/png;base64,${embedded.toString("base64")}`;
const message = '{"id":"msg_1","role":"user"}';
const partWith = (address: string) =>
  `{"id":"prt_1","messageID":"msg_1","type":"file","mime":"image/png","url":"${address}"}`;

async function exportAs(format: ExportFormat, refs: ExportRefs = "inline"): Promise<string> {
  const { chunks } = await exportSession(harness.services, {
    ...harness.target,
    format,
    refs,
    outputs: { hrefOf: (outputId) => `/outputs/${outputId}` },
    hrefOf: (seq) => `/items/${seq}`,
    signal: new AbortController().signal,
  });
  return Buffer.concat(await Readable.from(chunks).toArray()).toString("utf8");
}

let ids: string[] = [];

beforeEach(async () => {
  const { sessionId, generation } = harness.target;
  const item = { messageId: "msg_1", partId: "" };
  await writeItems(harness.services, {
    sessionId,
    generation,
    items: [
      { ...item, type: "message", body: message },
      { ...item, type: "part", partId: "prt_1", body: partWith(url) },
    ],
  });
  ids = [];
  for (const [port, bytes, mime] of [
    ["build.log", log, "text/plain"],
    ["shots/1.png", picture, "image/png"],
  ] as const) {
    const writer = await harness.open({ port, mime });
    await writer.write(bytes);
    ids.push((await writer.complete()).outputId);
  }
  const broken = await harness.open({ port: "late" });
  await broken.fail(new Error("x"));
});

// Before the blobs that they refer to.
afterEach(async () => {
  await harness.services.database.sql`delete from items`;
});

const dataUrl = (mime: string, bytes: Buffer) => `data:${mime};base64,${bytes.toString("base64")}`;

test("NDJSON has a line for each output, with its bytes, and files of items in their place", async () => {
  const lines = (await exportAs("ndjson")).trimEnd().split("\n");
  expect(lines[2]).toContain(partWith(url));
  const outputs = lines.slice(3, -1).map((line) => JSON.parse(line) as { data: object });
  expect(outputs).toMatchObject([
    {
      type: "millrace_output",
      data: { id: ids[0], port: "build.log", url: dataUrl("text/plain", log) },
      millrace: { ids: ["", ids[0]] },
    },
    { data: { id: ids[1], port: "shots/1.png", url: dataUrl("image/png", picture) } },
    { data: { port: "late", state: "incomplete", leftOut: "empty" } },
  ]);
  const trailer = JSON.parse(lines.at(-1)!) as { data: object };
  expect(trailer.data).toMatchObject({ outputs: 3, leftOut: 0, missing: 0 });
});

test("a file that an item shows, too, and a line that was brought back, are there once each", async () => {
  const writer = await harness.open({ port: "same.png", mime: "image/png", source: "file" });
  await writer.write(embedded);
  const { outputId } = await writer.complete();
  const { database } = harness.services;
  await database.sql`
    update outputs set blob_id = (select blob_id from item_refs) where id = ${outputId}`;
  const { sessionId, generation } = harness.target;
  const partId = "out_0000000000000000000000000A";
  const line = { id: partId, port: "back.txt", url: dataUrl("text/plain", log) };
  const item = { type: "millrace_output", messageId: "", partId };
  await writeItems(harness.services, {
    sessionId,
    generation,
    items: [{ ...item, body: JSON.stringify(line) }],
  });
  const text = await exportAs("ndjson");
  expect(text.split('"port":"same.png"')).toHaveLength(2);
  expect(text.split('"port":"back.txt"')).toHaveLength(2);
  const changed = JSON.stringify({ id: partId, port: "back.txt" });
  await writeItems(harness.services, {
    sessionId,
    generation,
    items: [{ ...item, body: changed }],
  });
  expect(await exportAs("ndjson")).toContain(dataUrl("text/plain", log));
});

test("what an agent said lies in its item alone, also where the output has a blob of its own", async () => {
  const content = { source: "content", mime: "image/png" } as const;
  const said = await harness.open({ ...content, port: "said.png" });
  await said.write(embedded);
  await said.complete();
  const other = await harness.open({ ...content, port: "other.png" });
  await other.write(picture);
  await other.complete();
  const text = await exportAs("ndjson");
  expect(text).not.toContain('"port":"said.png"');
  expect(text).toContain('"port":"other.png"');
  expect(text).toContain(partWith(url));
});

test("a snapshot has them behind everything else, and its hash is of all of it", async () => {
  const text = await exportAs("json");
  const snapshot = JSON.parse(text) as Record<string, unknown>;
  expect(Object.keys(snapshot).slice(-2)).toEqual(["millraceOutputs", "millraceExport"]);
  expect(text).toContain(`"parts":[${partWith(url)}]`);
  expect(snapshot["millraceOutputs"]).toMatchObject([
    { url: dataUrl("text/plain", log) },
    { url: dataUrl("image/png", picture) },
    {},
  ]);
  const before = text.slice(0, text.lastIndexOf(',"millraceExport"'));
  const sha256 = createHash("sha256").update(before).digest("hex");
  expect(snapshot["millraceExport"]).toMatchObject({ sha256, outputs: 3 });
});

test("linked, their addresses stand in their place; omitted, nothing does", async () => {
  const outputs = (text: string) =>
    (JSON.parse(text) as { millraceOutputs: object[] }).millraceOutputs;
  const linked = await exportAs("json", "link");
  expect(outputs(linked)).toMatchObject([
    { url: `/outputs/${ids[0]}` },
    { url: `/outputs/${ids[1]}` },
    {},
  ]);
  const [file] = await harness.services.database.sql`
    select id from outputs where source = 'content'`;
  expect(linked).toContain(partWith(`/outputs/${file!["id"]}`));
  const omitted = await exportAs("ndjson", "omit");
  expect(omitted).toContain(partWith("data:image/png;base64,"));
  expect(omitted).not.toContain(log.toString("base64"));
  expect(JSON.parse(omitted.trimEnd().split("\n").at(-1)!)).toMatchObject({
    data: { outputs: 3, leftOut: 3 },
  });
});

test("a transcript names them, and a page shows pictures", async () => {
  expect(await exportAs("md", "link")).toContain(
    `*Output: build.log (text/plain, 10 bytes)* </outputs/${ids[0]}>`,
  );
  expect(await exportAs("md")).toContain("3 outputs, 2 without their text.");
  const page = await exportAs("html");
  expect(page).toContain("3 outputs, 1 without their text.");
  expect(page).toContain(`src="${dataUrl("image/png", picture)}"`);
  expect(page).toContain("Output: build.log (text/plain, 10 bytes)");
  expect(page).toContain("late (application/octet-stream, 0 bytes, incomplete");
});

test("bytes that a form has no place for are not asked for", async () => {
  const asked: string[] = [];
  const { chunks } = await exportSession(harness.services, {
    ...harness.target,
    format: "html",
    refs: "inline",
    outputs: {
      hrefOf: (outputId) => `/outputs/${outputId}`,
      openBytes: async ({ outputId }) => {
        asked.push(outputId);
        return Readable.from([picture], { objectMode: false });
      },
    },
    hrefOf: (seq) => `/items/${seq}`,
    signal: new AbortController().signal,
  });
  await Readable.from(chunks).toArray();
  expect(asked).toEqual([ids[1]]);
});

test("bytes that are gone are counted as missing", async () => {
  const { blobs, database } = harness.services;
  const rows = await database.sql<{ key: string }[]>`
    select key from blob_segments join outputs using (blob_id) where outputs.id = ${ids[1]!}`;
  await blobs.delete(rows.map(({ key }) => key));
  const lines = (await exportAs("ndjson")).trimEnd().split("\n");
  expect(JSON.parse(lines[4]!)).toMatchObject({ data: { leftOut: "missing" } });
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ data: { missing: 1 } });
});
