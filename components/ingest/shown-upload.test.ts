import { expect, test } from "vitest";
import type { ProgressEvent } from "#lib/live-protocol.ts";
import type { Upload } from "#lib/upload.ts";
import { mergeUploads, progressOf, toShownUpload } from "./shown-upload.ts";

const counts = {
  stored: 1,
  unchanged: 0,
  stale: 0,
  skipped: 0,
  decodedBytes: 50,
  unrecognisedBytes: 0,
};

const upload = (changes: Partial<Upload> = {}): Upload => ({
  uploadId: "upl_1",
  sessionId: "ses_1",
  state: "running",
  way: "stream",
  name: null,
  encoding: "identity",
  announcedBytes: 100,
  bytes: 100,
  sha256: null,
  format: null,
  ignoredMembers: [],
  attempt: 2,
  error: null,
  isKept: true,
  createdAt: "2026-01-01T00:00:00.000Z",
  receivedAt: null,
  endedAt: null,
  ...counts,
  ...changes,
});

const progress = (changes: Partial<ProgressEvent> = {}): ProgressEvent => ({
  type: "progress",
  generation: 1,
  uploadId: "upl_1",
  attempt: 2,
  counts: { ...counts, stored: 7, decodedBytes: 80 },
  bytes: 100,
  bytesPerSecond: 40,
  ...changes,
});

test("progress is overlaid while the upload is being read", () => {
  expect(toShownUpload(upload(), progress())).toMatchObject({ stored: 7, bytesPerSecond: 40 });
});

test("progress of an earlier attempt or of an ended upload is old news", () => {
  const earlier = toShownUpload(upload(), progress({ attempt: 1 }));
  expect(earlier).toMatchObject({ stored: 1, bytesPerSecond: null });
  const ended = toShownUpload(upload({ state: "done", stored: 9 }), progress());
  expect(ended).toMatchObject({ stored: 9, bytesPerSecond: null });
});

test("while an upload arrives, progress tells how much came and what of it is readable", () => {
  const arriving = upload({ state: "receiving", attempt: 0, stored: 0, bytes: 60 });
  expect(toShownUpload(arriving, progress({ attempt: 0, bytes: 70 }))).toMatchObject({
    bytes: 70,
    stored: 7,
    bytesPerSecond: null,
  });
  expect(toShownUpload(arriving, progress({ attempt: 0, bytes: 50 })).bytes).toBe(60);
  const queued = upload({ state: "queued", attempt: 0, stored: 0 });
  expect(toShownUpload(queued, progress({ attempt: 0 })).stored).toBe(0);
});

test("the session's state is newer than the list, and new uploads come first", () => {
  const listed = [upload({ uploadId: "upl_2", state: "queued" }), upload({ state: "done" })];
  const live = [upload({ uploadId: "upl_2", state: "running" }), upload({ uploadId: "upl_3" })];
  const shown = mergeUploads(listed, live, {});
  expect(shown.map(({ uploadId, state }) => [uploadId, state])).toEqual([
    ["upl_3", "running"],
    ["upl_2", "running"],
    ["upl_1", "done"],
  ]);
});

test("how far an upload is, where that can be known", () => {
  expect(progressOf(upload())).toBe(0.5);
  expect(progressOf(upload({ encoding: "gzip" }))).toBeNull();
  expect(progressOf(upload({ state: "receiving", bytes: 25 }))).toBe(0.25);
  expect(progressOf(upload({ state: "receiving", announcedBytes: null }))).toBeNull();
  expect(progressOf(upload({ state: "queued" }))).toBe(0);
});
