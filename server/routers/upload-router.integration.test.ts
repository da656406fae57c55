import { expect, test } from "vitest";
import type { Viewer } from "#server/accounts/viewer.ts";
import { largeDocument, message, part, useIngest } from "#server/ingest/testing/use-ingest.ts";
import { owner } from "#server/sessions/testing/test-server.ts";
import { createCaller } from "./app-router.ts";

const ingest = useIngest();

const call = (viewer: Viewer = owner) =>
  createCaller({
    services: ingest.services(),
    viewer,
    callerGone: () => new AbortController().signal,
  }).upload;

const stranger: Viewer = { ...owner, teamId: "team_other" };
const reader: Viewer = { ...owner, role: "reader" };

/** A session with one upload that failed. */
async function bringBroken() {
  const sessionId = ingest.newSessionId();
  const { body } = await ingest.push(sessionId, largeDocument().text.slice(0, -1));
  const { uploadId } = await ingest.ended(body.upload.uploadId);
  return { sessionId, uploadId };
}

test("another team's uploads are not found, whatever is asked", async () => {
  const { sessionId, uploadId } = await bringBroken();
  const asked = [
    () => call(stranger).get({ uploadId }),
    () => call(stranger).list({ sessionId }),
    () => call(stranger).replay({ uploadId }),
    () => call(stranger).coverage({ sessionId }),
    () => call(stranger).skippedItems({ sessionId }),
    () => call(stranger).weight({ sessionId }),
  ];
  for (const ask of asked) await expect(ask()).rejects.toMatchObject({ code: "NOT_FOUND" });
  const { uploads } = await call(stranger).failed({});
  expect(uploads.filter((upload) => upload.uploadId === uploadId)).toEqual([]);
});

test("a reader of the team sees what failed, and cannot replay it", async () => {
  const { sessionId, uploadId } = await bringBroken();
  expect((await call(reader).list({ sessionId })).uploads).toMatchObject([{ state: "failed" }]);
  await expect(call(reader).replay({ uploadId })).rejects.toMatchObject({ code: "FORBIDDEN" });
});

test("a replay tries all of it again, and fails where it failed", async () => {
  const { uploadId } = await bringBroken();
  const before = await call().get({ uploadId });
  await call().replay({ uploadId });
  const after = await ingest.ended(uploadId);
  expect(after.error).toEqual(before.error);
  expect(after.endedAt).not.toBe(before.endedAt);
  const failed = (await call().failed({})).uploads.map((upload) => upload.uploadId);
  expect(failed).toContain(uploadId);
});

test("a cursor of uploads is the id of one, and anything else is refused", async () => {
  const { sessionId } = await bringBroken();
  for (const cursor of ["\0", "upl_", ""]) {
    const refused = { code: "BAD_REQUEST" };
    await expect(call().list({ sessionId, cursor })).rejects.toMatchObject(refused);
    await expect(call().failed({ cursor })).rejects.toMatchObject(refused);
  }
});

test("pages of uploads and of skipped items follow each other without gap or repeat", async () => {
  const sessionId = ingest.newSessionId();
  const refused = Array.from({ length: 120 }, (_, n) => ({ type: "part", data: { text: `${n}` } }));
  await ingest.push(sessionId, JSON.stringify({ data: [message(0), ...refused] }));
  for (let n = 1; n <= 24; n += 1)
    await ingest.push(sessionId, JSON.stringify({ data: [part(n)] }));

  const uploadIds: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await call().list({ sessionId, cursor });
    uploadIds.push(...page.uploads.map(({ uploadId }) => uploadId));
    cursor = page.next;
  }
  expect(uploadIds).toHaveLength(25);
  expect(uploadIds).toEqual([...new Set(uploadIds)].toSorted().toReversed());

  const places: number[] = [];
  for (let cursor: number | null | undefined; cursor !== null;) {
    const page = await call().skippedItems({ sessionId, cursor });
    places.push(...page.items.map(({ itemIndex }) => itemIndex));
    cursor = page.next;
  }
  expect(places).toEqual(Array.from({ length: 120 }, (_, n) => n + 1));
});
