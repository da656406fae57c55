import { afterEach, expect, test } from "vitest";
import type { Attachment } from "#lib/attachment.ts";
import { AppError } from "#lib/errors.ts";
import { createAttachmentId, createMessageId } from "#lib/ids.ts";
import { useBlobsTest } from "#server/blobs/testing/use-blobs-test.ts";
import type { ItemInput } from "#server/items/item-input.ts";
import { attachmentItems } from "./attachment-items.ts";
import { readAttachment } from "./open-attachment.ts";

const files = useBlobsTest();

// Their blobs can go only after them.
afterEach(() => files.context.database.sql`delete from attachments`);

async function attach(): Promise<Attachment> {
  const { sql } = files.context.database;
  const attachmentId = createAttachmentId();
  const { blobId } = await files.writeRandom(10, { purpose: "attachment" });
  await sql`
    insert into attachments (id, team_id, owner_id, blob_id, name, mime, bytes)
    select ${attachmentId}, team_id, owner_id, ${blobId}, 'grain.txt', 'text/plain', 10
    from sessions where id = ${files.sessionId}`;
  return { attachmentId, name: "grain.txt", mime: "text/plain", bytes: 10 };
}

async function readAll(items: AsyncIterable<ItemInput>) {
  const found: ItemInput[] = [];
  for await (const item of items) found.push(item);
  return found;
}

test("the files of a prompt are the same parts when they are written again", async () => {
  const attachments = [await attach()];
  const { sessionId } = files;
  const read = attachmentItems(files.context, {
    sessionId,
    messageId: createMessageId(),
    attachments,
  });
  const first = await readAll(read());
  expect(first).toMatchObject([{ type: "part" }]);
  expect(await readAll(read())).toEqual(first);
});

test("only bytes that are gone are told as that: a store that does not answer may be asked again", async () => {
  const attachment = await attach();
  const { context } = files;
  const away = new AppError("unavailable", "The file storage did not answer");
  const blobs = { ...context.blobs, open: () => Promise.reject(away) };
  await expect(readAttachment({ ...context, blobs }, attachment)).rejects.toBe(away);
  await context.blobs.delete(await context.listKeys());
  await expect(readAttachment(context, attachment)).rejects.toMatchObject({
    code: "not_found",
    message: "The file grain.txt of this prompt is missing",
  });
});
