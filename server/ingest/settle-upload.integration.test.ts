import { expect, test, vi } from "vitest";
import { UPLOAD_ATTEMPTS_MAX } from "#lib/limits.ts";
import { transact } from "#server/live/transact.ts";
import type { HeldUpload } from "./change-upload.ts";
import { claimUpload, type ClaimedUpload } from "./claim-upload.ts";
import { releaseUploads } from "./release-uploads.ts";
import { failUpload, finishUpload, postponeUpload } from "./settle-upload.ts";
import { largeDocument, part, useIngest } from "./testing/use-ingest.ts";
import { noCounts } from "./upload-row.ts";

const ingest = useIngest({ isIdle: true });
const { text } = largeDocument();
const report = { counts: noCounts(), format: "data", ignoredMembers: [] };
const sql = () => ingest.services().database.sql;

async function claimed(): Promise<ClaimedUpload> {
  await ingest.push(ingest.newSessionId(), text);
  const upload = await claimUpload(ingest.services());
  if (!upload) throw new Error("Nothing was claimed");
  return upload;
}

const release = (processId: string) =>
  transact(ingest.services(), (tx) => releaseUploads(tx, processId));

test.each<[string, (upload: HeldUpload) => Promise<void>]>([
  ["finished", (upload) => finishUpload(ingest.services(), upload, report)],
  ["failed", (upload) => failUpload(ingest.services(), upload, { error: new Error("late") })],
  [
    "postponed",
    (upload) => postponeUpload(ingest.services(), upload, { delaySeconds: 0, attempt: 0 }),
  ],
])("an upload is not %s by a worker that was given up", async (_, settle) => {
  const old = await claimed();
  const { processId } = ingest.services();
  await release(processId);
  const current = await claimUpload(ingest.services());
  expect(current).toMatchObject({ uploadId: old.uploadId, attempt: 2 });
  await expect(settle(old)).rejects.toMatchObject({ code: "unavailable" });
  await finishUpload(ingest.services(), current!, report);
  await expect(settle(old)).rejects.toMatchObject({ code: "unavailable" });
  expect((await ingest.readUpload(old.uploadId)).state).toBe("done");
});

test("an upload that ends its process each time is given up", async () => {
  const { uploadId } = await claimed();
  const { processId } = ingest.services();
  for (let attempt = 2; attempt <= UPLOAD_ATTEMPTS_MAX; attempt += 1) {
    await release(processId);
    expect(await claimUpload(ingest.services())).toMatchObject({ uploadId, attempt });
  }
  await release(processId);
  expect(await claimUpload(ingest.services())).toBeNull();
  expect(await ingest.readUpload(uploadId)).toMatchObject({ state: "failed", isKept: true });
});

test("bytes of a request that was given up are not acknowledged", async () => {
  const sessionId = ingest.newSessionId();
  const slow = async function* () {
    yield Buffer.from(text.slice(0, 1_200_000));
    await vi.waitFor(async () => {
      const rows = await sql()`select 1 from uploads where session_id = ${sessionId}`;
      expect(rows).toHaveLength(1);
    });
    await release(ingest.services().processId);
    yield Buffer.from(text.slice(1_200_000));
  };
  const { status } = await ingest.pushStream(sessionId, slow());
  expect(status).toBe(503);
  const [upload] = await sql()`select state from uploads where session_id = ${sessionId}`;
  expect(upload?.["state"]).toBe("failed");
});

test("a repeat of a request whose upload has failed hears that, not that all is well", async () => {
  const sessionId = ingest.newSessionId();
  const headers = { "idempotency-key": sessionId };
  const { body } = await ingest.push(sessionId, text, headers);
  await sql()`
    update uploads set state = 'failed', error_code = 'invalid_input', error_message = 'Broken'
    where id = ${body.upload.uploadId as string}`;
  const again = await ingest.push(sessionId, text, headers);
  expect(again).toMatchObject({ status: 400, body: { detail: "Broken" } });
});

test("a small body under the key of another of the same length is a conflict", async () => {
  const sessionId = ingest.newSessionId();
  const headers = { "idempotency-key": sessionId };
  const documentOf = (word: string) => JSON.stringify([part(1, word)]);
  expect((await ingest.push(sessionId, documentOf("pears"), headers)).status).toBe(200);
  expect((await ingest.push(sessionId, documentOf("plums"), headers)).status).toBe(409);
  expect((await ingest.push(sessionId, documentOf("pears"), headers)).status).toBe(200);
});

test("a session may be deleted while its upload is claimed", async () => {
  const sessionId = ingest.newSessionId();
  await ingest.push(sessionId, text);
  const [claim, deleted] = await Promise.all([
    claimUpload(ingest.services()),
    ingest.ask("DELETE", `/api/v1/sessions/${sessionId}`),
  ]);
  expect(deleted.status).toBe(204);
  if (claim) expect(claim.sessionId).toBe(sessionId);
  expect(await claimUpload(ingest.services())).toBeNull();
});
