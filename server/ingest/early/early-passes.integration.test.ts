import { afterEach, expect, test, vi } from "vitest";
import { EARLY_INGEST_MIN_BYTES } from "#lib/limits.ts";
import { part, useIngest } from "../testing/use-ingest.ts";
import { type EarlyPasses, startEarlyPasses } from "./start-early-passes.ts";
import { ArrivingUpload, quick } from "./testing/use-early.ts";

const ingest = useIngest({ isIdle: true, environment: { EARLY_INGEST_CONCURRENCY: "1" } });
const line = (n: number) => `${JSON.stringify(part(n, "y".repeat(300)))}\n`;

let passes: EarlyPasses | null = null;
afterEach(async () => {
  await passes?.stop();
  await ingest.services().database.sql`delete from uploads`;
});

const start = (patience = quick) => {
  const over = new AbortController().signal;
  passes = startEarlyPasses(ingest.services(), { over, patience, lookIntervalMs: 10 });
};

/** Begun long enough ago to be worth it. */
async function arrive(
  text: string,
  length = EARLY_INGEST_MIN_BYTES,
  sessionId = ingest.newSessionId(),
) {
  const upload = await ArrivingUpload.begin(ingest, { sessionId, length });
  await upload.send(Buffer.from(text));
  await ingest.services().database.sql`
    update uploads set begun_at = begun_at - interval '3 s' where id = ${upload.uploadId}`;
  return upload;
}

const rowCount = async (upload: ArrivingUpload) => (await upload.rows()).length;
const isRead = (upload: ArrivingUpload, count: number) =>
  vi.waitFor(async () => expect(await rowCount(upload)).toBe(count), {
    timeout: 5_000,
    interval: 5,
  });

test("small uploads are not read early, nor one that has just begun", async () => {
  const small = await arrive(line(1), EARLY_INGEST_MIN_BYTES - 1);
  const young = await arrive(line(1));
  await ingest.services().database.sql`
    update uploads set begun_at = now() + interval '1 hour' where id = ${young.uploadId}`;
  const large = await arrive(line(1));
  start();
  await isRead(large, 1);
  expect([await rowCount(small), await rowCount(young)]).toEqual([0, 0]);
});

test("one that gets no bytes gives way, and comes back when it has twice as many", async () => {
  const first = await arrive(line(1) + line(2));
  start({ ...quick, stalledMs: 30 });
  await isRead(first, 2);
  const second = await arrive(line(1));
  await isRead(second, 1);
  await first.send(Buffer.from(line(3)));
  await second.send(Buffer.from(line(2)));
  await isRead(second, 2);
  expect(await rowCount(first), "one and a half times as many").toBe(2);
  await first.send(Buffer.from(line(4)));
  await isRead(first, 4);
});

test("nobody gives way to nobody, and an upload that grows keeps its place", async () => {
  const first = await arrive(line(1));
  start({ ...quick, stalledMs: 1 });
  for (let n = 2; n < 6; n += 1) {
    await isRead(first, n - 1);
    await first.send(Buffer.from(line(n)));
  }
  await isRead(first, 5);
});

test("of one session one upload is read at a time", async () => {
  const sessionId = ingest.newSessionId();
  const first = await arrive(line(1), undefined, sessionId);
  await arrive(line(2), undefined, sessionId);
  const other = await arrive(line(1));
  const services = {
    ...ingest.services(),
    environment: { ...ingest.services().environment, EARLY_INGEST_CONCURRENCY: 3 },
  };
  passes = startEarlyPasses(services, {
    over: new AbortController().signal,
    patience: quick,
    lookIntervalMs: 10,
  });
  await isRead(other, 1);
  await first.send(Buffer.from(line(3)));
  await isRead(first, 2);
});

test("a broken one is left to the worker and does not come back", async () => {
  const broken = await arrive("[}");
  const other = await arrive(line(1));
  start();
  await isRead(other, 1);
  expect(await ingest.readUpload(broken.uploadId)).toMatchObject({
    state: "receiving",
    error: null,
  });
});

test("it can be turned off", async () => {
  const upload = await arrive(line(1));
  const off = {
    ...ingest.services(),
    environment: { ...ingest.services().environment, EARLY_INGEST_CONCURRENCY: 0 },
  };
  const idle = startEarlyPasses(off, { over: new AbortController().signal, lookIntervalMs: 1 });
  const other = await arrive(line(1));
  await idle.stop();
  expect((await rowCount(upload)) + (await rowCount(other))).toBe(0);
});
