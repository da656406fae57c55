import { expect, test } from "vitest";
import { owner } from "#server/sessions/testing/test-server.ts";
import { acceptPush } from "./accept-push.ts";
import type { AcceptedUpload, UploadHead } from "./accept-upload.ts";
import { takeUploadIn } from "./receive-upload.ts";
import { part, useIngest } from "./testing/use-ingest.ts";

const ingest = useIngest();
const small = JSON.stringify([part(1), part(2)]);

const head = (idempotencyKey: string | null): UploadHead => ({
  way: "stream",
  name: null,
  encoding: "identity",
  announcedBytes: null,
  idempotencyKey,
});

async function accept(sessionId: string, key: string): Promise<AcceptedUpload> {
  const push = { sessionId, head: head(key) };
  const acceptance = await acceptPush(ingest.services(), owner, push);
  if (acceptance.isRepeat) throw new Error("It was there already");
  return acceptance.upload;
}

async function* bodyOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

const take = (upload: AcceptedUpload, text: string) =>
  takeUploadIn(ingest.services(), upload, { head: head(null), body: bodyOf(text) });

test("a request that another one has replaced removes nothing of it", async () => {
  const sessionId = ingest.newSessionId();
  const first = await accept(sessionId, "again");
  // As whoever buries the process of the first request does.
  await ingest.services().database.sql`
    update uploads set state = 'failed', error_code = 'unavailable', error_message = 'buried', process_id = null
    where id = ${first.uploadId}`;
  const second = await accept(sessionId, "again");
  expect(second.uploadId).toBe(first.uploadId);
  await expect(take(first, "{broken")).rejects.toMatchObject({ code: "invalid_input" });
  expect((await take(second, small)).upload).toMatchObject({ state: "done", stored: 2 });
});
