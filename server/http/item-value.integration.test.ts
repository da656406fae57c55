import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { part, useIngest } from "#server/ingest/testing/use-ingest.ts";

const ingest = useIngest();
const small = randomBytes(70_000);
const large = randomBytes(300_000);
const urlOf = (bytes: Buffer) => `data:image/png;base64,${bytes.toString("base64")}`;
const userText = { $ref: "x" };

/** Address of a part with two files. */
async function bring(more: object = {}): Promise<string> {
  const sessionId = ingest.newSessionId();
  const { id, messageID } = part(1).data;
  const files = [{ "a/b": urlOf(small) }, { url: urlOf(large) }];
  const data = { id, messageID, type: "tool", files, userText, ...more };
  const { body } = await ingest.push(sessionId, JSON.stringify([{ type: "part", data }]));
  await ingest.ended(body.upload.uploadId);
  const [item] = await ingest.storedItems(sessionId);
  return `/api/v1/sessions/${sessionId}/items/${item!.seq}/body`;
}

function get(path: string): Promise<Response> {
  const { url, cookie } = ingest.web();
  return fetch(url + path, { headers: { cookie } });
}

interface Value {
  files: [{ "a/b": unknown }, { url: unknown }];
}
const valueOf = async (path: string) => (await (await get(path)).json()) as Value;

test("an item's value has addresses in place of its files, or of the larger ones", async () => {
  const path = await bring();
  const linked = await valueOf(`${path}?hydrate=none`);
  const file = (pointer: string) =>
    `${path.replace(/body$/, "file")}?download=1&at=${encodeURIComponent(pointer)}`;
  const addresses = [{ "a/b": file("/files/0/a~1b") }, { url: file("/files/1/url") }];
  expect(linked).toMatchObject({ type: "tool", files: addresses, userText });
  const bytes = await (await get(addresses[0]!["a/b"]!)).arrayBuffer();
  expect(small.equals(Buffer.from(bytes))).toBe(true);

  const partly = await valueOf(`${path}?hydrate=70001`);
  expect(partly.files).toEqual([{ "a/b": urlOf(small) }, addresses[1]]);
  expect(await valueOf(path)).toMatchObject({
    files: [{ "a/b": urlOf(small) }, { url: urlOf(large) }],
  });
});

test("a file whose bytes are gone is told of in its place", async () => {
  const path = await bring();
  const { sql } = ingest.services().database;
  await sql`update blobs set state = 'deleting' where sha256 is not null and bytes = 70000`;
  const { files } = await valueOf(`${path}?hydrate=100000`);
  const missing = { missing: true, mime: "image/png", name: null, bytes: 70_000 };
  expect(files[0]["a/b"]).toEqual(missing);
  expect(files[1].url).toContain("/file?");
});

test("what is large without its files is no value to be held in memory, and nothing else is a size", async () => {
  const path = await bring({ text: "x".repeat(5_000_000) });
  expect((await get(`${path}?hydrate=none`)).status).toBe(413);
  expect((await get(path)).status).toBe(200);
  expect((await get(`${path}?hydrate=all`)).status).toBe(400);
  expect((await get(`${path}?hydrate=1048577`)).status).toBe(400);
});

test("files that are small each, and too large together, are not put into a value", async () => {
  const more = Array.from({ length: 24 }, () => urlOf(randomBytes(700_000)));
  const path = await bring({ more });
  expect((await get(`${path}?hydrate=1000000`)).status).toBe(413);
  expect((await get(`${path}?hydrate=500000`)).status).toBe(200);
});
