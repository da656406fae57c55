import { randomBytes } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import type { BlobStore } from "#server/blobs/blob-store.ts";
import { openItemBody } from "#server/items/open-item-body.ts";
import { writeItems } from "#server/items/write-items.ts";
import { collectContent } from "./collect-content.ts";
import { deleteOutput } from "./delete-output.ts";
import { useOutputsTest } from "./testing/use-outputs-test.ts";

const harness = useOutputsTest();
const sql = () => harness.services.database.sql;
const data = randomBytes(70_000).toString("base64");
const body = `{"type":"tool","url":"data:image/png;base64,${data}"}`;
const item = { type: "part", messageId: "msg_1", partId: "prt_1" };

// Before the blobs that they refer to.
afterEach(async () => {
  await sql()`delete from items`;
});

/** What an agent shows is brought out before its item is written. */
async function showPicture(): Promise<string> {
  const content = collectContent(harness.services, harness.target);
  await content.take({
    sessionUpdate: "agent_message_chunk",
    content: { type: "image", mimeType: "image/png", data, uri: "file:///shot.png" },
  });
  await content.settled();
  const [output] = await sql()<{ id: string }[]>`select id from outputs`;
  return output!.id;
}

const write = (text: string, blobs: BlobStore = harness.services.blobs) =>
  writeItems(
    { ...harness.services, blobs },
    { ...harness.target, items: [{ ...item, body: text }] },
  );

/** Bytes of files that are kept. */
const listFiles = async () => [
  ...(await sql()<{ bytes: number }[]>`
    select bytes::int as bytes from blobs where purpose = 'output' and state = 'complete'`),
];

async function readBody(): Promise<string> {
  const [row] = await sql()<{ seq: number }[]>`select seq::float8 as seq from items`;
  const { stream } = await openItemBody(harness.services, { ...harness.target, seq: row!.seq });
  return Buffer.concat(await stream.toArray()).toString("utf8");
}

test("a file that an agent shows is stored once, as an output and in its item", async () => {
  await showPicture();
  await write(body);
  expect(await listFiles()).toEqual([{ bytes: 70_000 }]);
  expect(await readBody()).toBe(body);
});

test("it is stored once where it stands twice in its item", async () => {
  await showPicture();
  const twice = `[${body},${body}]`;
  await write(twice);
  expect(await listFiles()).toEqual([{ bytes: 70_000 }]);
  expect(await readBody()).toBe(twice);
});

test("it stays with the item when the output goes, and with the output when the item changes", async () => {
  const outputId = await showPicture();
  await write(body);
  await write('{"type":"tool"}');
  expect(await listFiles()).toHaveLength(1);
  await write(body);
  await deleteOutput(harness.services, { ...harness.target, outputId });
  expect(await listFiles()).toHaveLength(1);
  expect(await readBody()).toBe(body);
  await write('{"type":"tool"}');
  expect(await listFiles()).toEqual([]);
});

test("an item that changes around its file keeps it", async () => {
  const outputId = await showPicture();
  await write(body);
  await deleteOutput(harness.services, { ...harness.target, outputId });
  const changed = body.replace("tool", "other");
  await write(changed);
  expect(await readBody()).toBe(changed);
  expect(await listFiles()).toHaveLength(1);
});

test("an output that is deleted while the item is written takes nothing with it", async () => {
  const outputId = await showPicture();
  let isDeleted = false;
  const blobs: BlobStore = {
    ...harness.services.blobs,
    async put(...args) {
      // Of the rest of the body: the file was found.
      if (!isDeleted) await deleteOutput(harness.services, { ...harness.target, outputId });
      isDeleted = true;
      return harness.services.blobs.put(...args);
    },
  };
  await write(body, blobs);
  expect(isDeleted).toBe(true);
  expect(await readBody()).toBe(body);
  expect(await listFiles()).toEqual([{ bytes: 70_000 }]);
});

test("bytes that two outputs have go with the last of them", async () => {
  const outputId = await showPicture();
  await sql()`
    insert into outputs
    select (jsonb_populate_record(o, '{"id":"out_second","port":"second"}')).* from outputs o`;
  const second = { ...harness.target, outputId: "out_second" };
  await deleteOutput(harness.services, { ...harness.target, outputId });
  expect(await harness.bytesOf(second.outputId)).toEqual(Buffer.from(data, "base64"));
  await deleteOutput(harness.services, second);
  expect(await listFiles()).toEqual([]);
});
