import { beforeAll, expect, test, vi } from "vitest";
import type { Viewer } from "#server/accounts/viewer.ts";
import { startBatchWorker } from "#server/batches/batch-worker.ts";
import { createLiveAccess } from "#server/http/live-access.ts";
import type { RequestGuard } from "#server/http/request-guard.ts";
import { message, useIngest } from "#server/ingest/testing/use-ingest.ts";
import { MemorySubscriber } from "#server/live/testing/memory-session.ts";
import { owner } from "#server/sessions/testing/test-server.ts";
import { createCaller } from "./app-router.ts";

const server = useIngest();

beforeAll(async () => {
  const services = server.services();
  const worker = await startBatchWorker(services, { over: services.draining });
  services.draining.addEventListener("abort", () => void worker.stop());
});

const call = (viewer: Viewer = owner) =>
  createCaller({
    services: server.services(),
    viewer,
    callerGone: () => new AbortController().signal,
  }).batch;

const stranger: Viewer = { ...owner, teamId: "team_other" };
const reader: Viewer = { ...owner, role: "reader" };

async function newBatch(asked: Record<string, unknown> = {}): Promise<string> {
  const body = JSON.stringify({ kind: "import", ...asked });
  return (await server.ask("POST", "/api/v1/batches", { body })).body.batch.batchId;
}

const send = (batchId: string, lines: (object | string)[]) =>
  server.ask("POST", `/api/v1/batches/${batchId}/items`, {
    body: lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"),
    headers: { "content-type": "application/x-ndjson" },
  });

const session = (index: number) => ({
  index,
  data: [{ type: "session", data: { title: `Row ${index}` } }, message(0)],
});

const over = (batchId: string) =>
  vi.waitFor(
    async () => {
      const { batch } = await call().get({ batchId });
      if (batch.finishedAt === null) throw new Error(JSON.stringify(batch));
      return batch;
    },
    { timeout: 25_000 },
  );

test("a page shows lines with their sessions, why some failed, and what is missing", async () => {
  const batchId = await newBatch({ expectedCount: 6 });
  await send(batchId, [session(0), session(1), "rubbish", '{"index": 3, "data": [', session(5)]);
  const { missing } = await call().missing({ batchId });
  expect(missing).toEqual([
    [2, 2],
    [4, 4],
  ]);
  await send(batchId, [session(2), session(4)]);
  expect(await over(batchId)).toMatchObject({ counts: { done: 5, failed: 1 }, unassignedCount: 1 });
  expect(await call().get({ batchId })).toMatchObject({
    title: null,
    use: { sessionCount: 5, oversizedCount: 0 },
    lines: [
      [0, 2, "done"],
      [3, 3, "failed"],
      [4, 5, "done"],
    ],
  });
  const { items } = await call().items({ batchId });
  expect(items.map(({ session: found }) => found?.title)).toEqual([
    "Row 0",
    "Row 1",
    "Row 2",
    undefined,
    "Row 4",
    "Row 5",
  ]);
  expect((await call().items({ batchId, state: "failed" })).items).toMatchObject([{ index: 3 }]);
  expect(await call().failures({ batchId })).toEqual({
    reasons: [{ fault: "not_json", reason: null, count: 1, firstIndex: 3 }],
    unreadableCount: 1,
  });
  expect(await call().unassigned({ batchId })).toMatchObject([{ lineNumber: 3 }]);
});

test("pages of batches and of lines follow each other without gap or repeat", async () => {
  const batchId = await newBatch();
  await send(
    batchId,
    Array.from({ length: 120 }, (_, index) => ({ index, data: [] })),
  );
  const indexes: number[] = [];
  for (let cursor: number | null | undefined; cursor !== null;) {
    const page: { items: { index: number }[]; next: number | null } = await call().items({
      batchId,
      cursor,
    });
    indexes.push(...page.items.map(({ index }) => index));
    cursor = page.next;
  }
  expect(indexes).toEqual(Array.from({ length: 120 }, (_, index) => index));
  const { items } = await call().items({ batchId, from: 118 });
  expect(items.map(({ index }) => index)).toEqual([118, 119]);
  for (let count = 0; count < 21; count += 1) await newBatch();
  const first = await call().list({});
  const second = await call().list({ cursor: first.next });
  const batchIds = [...first.batches, ...second.batches].map((batch) => batch.batchId);
  expect(new Set(batchIds).size).toBe(batchIds.length);
  expect(batchIds).toContain(batchId);
});

test("whoever is not of the team finds nothing, and a reader changes nothing", async () => {
  const batchId = await newBatch();
  const asked = (viewer: Viewer) => [
    () => call(viewer).get({ batchId }),
    () => call(viewer).items({ batchId }),
    () => call(viewer).missing({ batchId }),
    () => call(viewer).failures({ batchId }),
    () => call(viewer).unassigned({ batchId }),
  ];
  const changes = (viewer: Viewer) => [
    () => call(viewer).retry({ batchId }),
    () => call(viewer).abort({ batchId }),
    () => call(viewer).seal({ batchId }),
  ];
  for (const ask of [...asked(stranger), ...changes(stranger)])
    await expect(ask()).rejects.toMatchObject({ code: "NOT_FOUND" });
  for (const ask of changes(reader))
    await expect(ask()).rejects.toMatchObject({ code: "FORBIDDEN" });
  for (const ask of asked(reader)) await ask();
  expect((await call(stranger).list({})).batches).toEqual([]);
});

test("lines that are chosen are tried again, and the others stay as they are", async () => {
  const batchId = await newBatch();
  const uploadId = `upl_${"0".repeat(26)}`;
  await send(
    batchId,
    [0, 1, 2].map((index) => ({ index, upload: uploadId })),
  );
  await call().seal({ batchId });
  expect(await over(batchId)).toMatchObject({ counts: { failed: 3 } });
  expect(await call().retry({ batchId, indexes: [1] })).toEqual({ retried: 1, unreadable: 0 });
  expect(await over(batchId)).toMatchObject({ counts: { failed: 3 } });
  expect(await call().retry({ batchId })).toEqual({ retried: 3, unreadable: 0 });
  await over(batchId);
  const { sql } = server.services().database;
  const rows = await sql<{ round: number }[]>`
    select round from batch_items where batch_id = ${batchId} order by index`;
  expect(rows.map(({ round }) => round)).toEqual([1, 2, 1]);
});

test("whoever watches is told of every change, however it came about", async () => {
  const batchId = await newBatch();
  const viewer = new MemorySubscriber();
  const leave = server.services().hub.subscribe(`batch:${batchId}`, viewer, null);
  const told = () => viewer.events.findLast((event) => event.type === "batch")?.batch;
  await vi.waitFor(() => expect(viewer.types()).toContain("caught-up"));
  await send(batchId, [session(0), session(1), "rubbish"]);
  await vi.waitFor(
    () => expect(told()).toMatchObject({ counts: { done: 2 }, unassignedCount: 1 }),
    {
      timeout: 10_000,
    },
  );
  await send(batchId, [session(1), { ...session(0), note: "other" }]);
  await vi.waitFor(() => expect(told()).toMatchObject({ conflictCount: 1 }));
  await call().seal({ batchId, allowGaps: true });
  await vi.waitFor(() => expect(told()?.state).toBe("done"));
  await server.services().database.sql`delete from batches where id = ${batchId}`;
  server.services().bus.tell({ kind: "batch", batchId });
  await vi.waitFor(() => expect(viewer.error?.code).toBe("gone"));
  leave();
});

test("an aborted batch tells its viewers, and lines come no more", async () => {
  const batchId = await newBatch({ expectedCount: 3 });
  const viewer = new MemorySubscriber();
  const leave = server.services().hub.subscribe(`batch:${batchId}`, viewer, null);
  await vi.waitFor(() => expect(viewer.types()).toContain("caught-up"));
  await call().abort({ batchId });
  await vi.waitFor(() =>
    expect(viewer.events.findLast((event) => event.type === "batch")?.batch.state).toBe("aborted"),
  );
  await expect(call().seal({ batchId })).rejects.toMatchObject({ code: "CONFLICT" });
  leave();
});

test("only the team may watch a batch", async () => {
  const batchId = await newBatch();
  const guard = { isAllowedOrigin: () => true } as unknown as RequestGuard;
  const { authorize } = createLiveAccess(server.services(), guard);
  const ask = (viewer: Viewer, onlySessionId: string | null, id = batchId) =>
    authorize({ ...viewer, onlySessionId, secretHash: null }, `batch:${id}`);
  expect(await ask(owner, null)).toBe("ok");
  expect(await ask(reader, null)).toBe("ok");
  expect(await ask(stranger, null)).toBe("not_found");
  expect(await ask(owner, `ses_${"0".repeat(26)}`)).toBe("not_found");
  expect(await ask(owner, null, "bat_nothing")).toBe("not_found");
});

test("where sockets do not get through, the same news comes as server-sent events", async () => {
  const batchId = await newBatch();
  const { url, cookie } = server.web();
  const ask = (id: string) => fetch(`${url}/api/v1/batches/${id}/events`, { headers: { cookie } });
  expect((await ask("bat_nothing")).status).toBe(404);
  const response = await ask(batchId);
  const stream = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const until = async (word: string) => {
    while (!text.includes(word)) text += (await stream?.read())?.value ?? "";
  };
  await until("caught-up");
  expect(text).toMatch(/^data: {"type":"batch",/);
  await send(batchId, [session(0)]);
  await until('"lines":[[0,0,"done"]]');
  await stream?.cancel();
});
