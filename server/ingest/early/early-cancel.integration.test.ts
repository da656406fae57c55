import { describe, expect, test } from "vitest";
import { localOwner } from "#server/accounts/local-owner.ts";
import { discardSession } from "#server/sessions/remove-session.ts";
import { readCoverage } from "../read-coverage.ts";
import { askTus } from "../resumable/testing/tus-requests.ts";
import { message, part, useIngest } from "../testing/use-ingest.ts";
import { ArrivingUpload, quick } from "./testing/use-early.ts";

const ingest = useIngest();
const items = [message(0), ...Array.from({ length: 40 }, (_, n) => part(n, "y".repeat(300)))];
const document = Buffer.from(JSON.stringify({ data: items }));

async function arriveAllButOne(options: { sessionId?: string; idempotencyKey?: string } = {}) {
  const { sessionId = ingest.newSessionId(), idempotencyKey } = options;
  const length = document.byteLength;
  const upload = await ArrivingUpload.begin(ingest, {
    sessionId,
    length,
    ...(idempotencyKey && { idempotencyKey }),
  });
  await upload.send(document.subarray(0, -1));
  return upload;
}

/** An early pass that goes as far as the upload has come. */
const readAll = (upload: ArrivingUpload) =>
  upload.readEarly({ patience: { ...quick, idleMs: 50 } });

const cancel = async (upload: ArrivingUpload) =>
  expect((await askTus(ingest.web(), `DELETE ${upload.path}`)).status).toBe(204);

const bodyOf = async (upload: ArrivingUpload, id: string) =>
  (await upload.rows()).find((row) => row.id === id)?.body;

describe("an upload that is cancelled", () => {
  test("says how much of it is kept, and is no dead letter", async () => {
    const upload = await arriveAllButOne();
    const { uploadId, sessionId, path } = upload;
    await readAll(upload);
    await cancel(upload);
    const bytes = document.byteLength - 1;
    const { upload: known } = (await ingest.ask("GET", path)).body;
    expect(known).toMatchObject({
      state: "failed",
      error: {
        code: "cancelled",
        message: `Cancelled after ${bytes.toLocaleString("en")} bytes: 41 items that had arrived are kept`,
      },
      bytes,
      decodedBytes: bytes,
      unrecognisedBytes: 0,
      stored: 41,
      skipped: 0,
      format: "data",
      isKept: false,
    });
    expect(await upload.rows()).toHaveLength(41);
    const { uploads } = (await ingest.ask("GET", `/api/v1/sessions/${sessionId}/uploads`)).body;
    expect(uploads).toEqual([known]);
    const dead = (await ingest.ask("GET", "/api/v1/uploads?state=failed")).body.uploads;
    expect(dead.map((letter: { uploadId: string }) => letter.uploadId)).not.toContain(uploadId);
    expect((await ingest.ask("POST", `${path}/replay`)).status).toBe(410);
    for (const method of ["HEAD", "DELETE"])
      expect((await askTus(ingest.web(), `${method} ${path}`)).status).toBe(410);
    expect(
      await readCoverage(ingest.services().database, {
        sessionId,
        generation: 1,
        teamId: localOwner.teamId,
      }),
    ).toMatchObject({
      itemCount: 41,
      decodedBytes: bytes,
      cancelledCount: 1,
      failedCount: 0,
      underWayCount: 0,
    });
  });

  test("takes away nothing that another upload had brought", async () => {
    const sessionId = ingest.newSessionId();
    const before = [message(0), part(1, "before"), part(2, "y".repeat(300))];
    await ingest.push(sessionId, JSON.stringify({ data: before }));
    const upload = await arriveAllButOne({ sessionId });
    const rows = await upload.rows();
    const pass = upload.readEarly();
    await expect.poll(() => upload.rows(), { interval: 10 }).toHaveLength(items.length);
    await cancel(upload);
    await pass;
    const ids = new Set(rows.map(({ id }) => id));
    expect((await upload.rows()).filter(({ id }) => ids.has(id))).toEqual(rows);
    expect(await ingest.readUpload(upload.uploadId)).toMatchObject({
      stored: 38,
      unchanged: 2,
      unrecognisedBytes: Buffer.byteLength(JSON.stringify(items[2])),
    });
  });

  test("takes away nothing that another upload brings meanwhile", async () => {
    const upload = await arriveAllButOne();
    await readAll(upload);
    await ingest.push(upload.sessionId, JSON.stringify({ data: [part(1, "meanwhile")] }));
    await readAll(upload);
    await cancel(upload);
    expect(await bodyOf(upload, "part msg_0 prt_1")).toBe(
      JSON.stringify(part(1, "meanwhile").data),
    );
  });

  test("whose last byte comes instead replaces what is older, as if nothing had been read early", async () => {
    const sessionId = ingest.newSessionId();
    await ingest.push(sessionId, JSON.stringify({ data: [message(0), part(1, "before")] }));
    const upload = await arriveAllButOne({ sessionId });
    const pass = upload.readEarly();
    await expect.poll(() => upload.rows(), { interval: 10 }).toHaveLength(items.length);
    expect(await bodyOf(upload, "part msg_0 prt_1")).toBe(JSON.stringify(part(1, "before").data));
    await upload.send(document.subarray(-1));
    await pass;
    expect(await ingest.ended(upload.uploadId)).toMatchObject({
      state: "done",
      stored: 40,
      unchanged: 1,
      unrecognisedBytes: 0,
    });
    expect(await bodyOf(upload, "part msg_0 prt_1")).toBe(JSON.stringify(items[2]!.data));
  });

  test("leaves its idempotency key to another one", async () => {
    const idempotencyKey = ingest.newSessionId();
    const first = await arriveAllButOne({ idempotencyKey });
    await readAll(first);
    await cancel(first);
    const { sessionId } = first;
    const second = await arriveAllButOne({ sessionId, idempotencyKey });
    expect(second.uploadId).not.toBe(first.uploadId);
    await second.send(document.subarray(-1));
    expect(await ingest.ended(second.uploadId)).toMatchObject({ unchanged: 41 });
    expect(await ingest.readUpload(first.uploadId)).toMatchObject({ stored: 41, state: "failed" });
  });

  test("does not keep a session of which nothing else came", async () => {
    const sessionId = ingest.newSessionId();
    const [first, second] = [
      await arriveAllButOne({ sessionId }),
      await arriveAllButOne({ sessionId }),
    ];
    await cancel(second);
    expect(await ingest.readUpload(second.uploadId)).toMatchObject({
      stored: 0,
      error: { code: "cancelled", message: expect.stringContaining("nothing of it was stored") },
    });
    await cancel(first);
    expect((await ingest.ask("GET", first.path)).status).toBe(404);

    const made = ingest.newSessionId();
    await ingest.ask("POST", "/api/v1/sessions", { body: JSON.stringify({ sessionId: made }) });
    await cancel(await arriveAllButOne({ sessionId: made }));
    await discardSession(ingest.services(), {
      sessionId: made,
      generation: 1,
      teamId: localOwner.teamId,
    });
    expect((await ingest.ask("GET", `/api/v1/sessions/${made}`)).status).toBe(404);
  });
});
