import { expect, test } from "vitest";
import { AppError } from "#lib/errors.ts";
import { RESUMABLE_UPLOAD_IDLE_MS } from "#lib/limits.ts";
import { heldByAnybody } from "../change-upload.ts";
import { settleIdleUploads } from "../resumable/settle-idle-uploads.ts";
import { askTus } from "../resumable/testing/tus-requests.ts";
import { failUpload } from "../settle-upload.ts";
import { useIngest } from "../testing/use-ingest.ts";
import { ArrivingUpload } from "./testing/use-early.ts";

const ingest = useIngest({ isIdle: true });
const sql = () => ingest.services().database.sql;

/** Newest first, and more than are numbered with each batch: prompts and answers by turns. */
const MESSAGE_COUNT = 6_000;
const messages = Array.from({ length: MESSAGE_COUNT }, (_, n) => {
  const data = {
    id: `msg_${n}`,
    role: n % 2 ? "user" : "assistant",
    time: { created: MESSAGE_COUNT - n },
  };
  return `${JSON.stringify({ type: "message", data })}\n`;
});

async function readWithoutItsEnd(): Promise<ArrivingUpload> {
  const document = Buffer.from(messages.join(""));
  const upload = await ArrivingUpload.begin(ingest, {
    sessionId: ingest.newSessionId(),
    length: document.byteLength + 1,
  });
  await upload.send(document);
  const patience = { pollMs: 5, stalledMs: 60_000, idleMs: 50 };
  expect(await upload.readEarly({ patience })).toMatchObject({ end: "stalled" });
  return upload;
}

async function lastTurns({ sessionId }: ArrivingUpload) {
  const [found] = await sql()`
    select turns_uncounted_from is null as "isCounted",
      (select array_agg(turn order by sort_key desc) from (
        select turn, sort_key from messages where session_id = ${sessionId} order by sort_key desc limit 3
      ) as latest) as turns
    from sessions where id = ${sessionId}`;
  return found;
}

const ends: [string, (upload: ArrivingUpload) => Promise<unknown>][] = [
  ["is cancelled", ({ path }) => askTus(ingest.web(), `DELETE ${path}`)],
  [
    "is given up",
    async ({ uploadId }) => {
      await sql()`
        with aged as (
          update uploads set begun_at = begun_at - ${RESUMABLE_UPLOAD_IDLE_MS} * interval '1 ms'
          where id = ${uploadId} returning blob_id
        )
        update blobs set lease_until = lease_until - ${RESUMABLE_UPLOAD_IDLE_MS} * interval '1 ms'
        from aged where blobs.id = blob_id`;
      await settleIdleUploads(ingest.services());
    },
  ],
  [
    "fails",
    async (upload) => {
      const error = new AppError("not_found", "The received bytes are not there any more");
      await failUpload(ingest.services(), heldByAnybody(await upload.growing()), { error });
    },
  ],
];

test.each(ends)("an upload that %s leaves what was read of it with its turns", async (_, end) => {
  const upload = await readWithoutItsEnd();
  expect(await lastTurns(upload)).toMatchObject({ isCounted: false });
  await end(upload);
  expect(await lastTurns(upload)).toEqual({
    isCounted: true,
    turns: [MESSAGE_COUNT / 2, MESSAGE_COUNT / 2, MESSAGE_COUNT / 2 - 1],
  });
});
