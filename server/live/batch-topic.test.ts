import { expect, test, vi } from "vitest";
import type { Batch } from "#lib/batch.ts";
import { type LineRun, LineStates } from "#lib/line-states.ts";
import type { LiveEvent } from "#lib/live-protocol.ts";
import { log } from "#server/log.ts";
import { createLiveHub } from "./hub.ts";
import type { BatchReading } from "./live-readers.ts";
import { MemorySession, MemorySubscriber } from "./testing/memory-session.ts";

const BATCH_ID = "bat_0000000000000000000000test";
const TOPIC = `batch:${BATCH_ID}` as const;

/** A batch in memory, watched through a hub of its own. */
function setUp(lines: LineRun[]) {
  const session = new MemorySession();
  const states = new LineStates();
  states.set(lines);
  let exists = true;
  let isFailing = false;
  const readBatch = vi.fn<() => Promise<BatchReading | null>>(async () => {
    if (isFailing) throw new Error("The database is away");
    return exists ? readingOf(states) : null;
  });
  const { bus, readState, readItemsAfter } = session;
  const hub = createLiveHub({ bus, readState, readItemsAfter, readBatch, log });
  const tell = () => session.tell({ kind: "batch", batchId: BATCH_ID });
  return {
    hub,
    session,
    readBatch,
    change(changed: LineRun[]) {
      states.set(changed);
      tell();
    },
    remove() {
      exists = false;
      tell();
    },
    fail() {
      isFailing = true;
      tell();
    },
    watch(viewer = new MemorySubscriber()) {
      const leave = hub.subscribe(TOPIC, viewer, null);
      return { viewer, leave };
    },
  };
}

function readingOf(states: LineStates): BatchReading {
  const lines = states.read(0, Infinity).runs;
  const counts = { queued: 0, running: 0, done: 0, failed: 0, cancelled: 0 };
  for (const [from, to, state] of lines) counts[state] += to - from + 1;
  const use = { sessionCount: 0, costUsd: null, tokens: null, oversizedCount: 0 };
  return { batch: { batchId: BATCH_ID, counts } as Batch, use, lines };
}

/** What a page that applies the events in their order knows. */
function statesOf(events: readonly LiveEvent[]) {
  const states = new LineStates();
  for (const event of events) if (event.type === "batch-lines") states.set(event.lines);
  return states.read(0, Infinity).runs;
}

const lastCounts = (events: readonly LiveEvent[]) =>
  events.findLast((event) => event.type === "batch")?.batch.counts;

/** A machine with much else to do takes its time. */
const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000 });

const untilCaughtUp = (viewer: MemorySubscriber) =>
  until(() => expect(viewer.types()).toContain("caught-up"));

test("tells the batch first, then all its lines, then what becomes of them", async () => {
  const batch = setUp([
    [0, 9, "done"],
    [12, 99, "queued"],
  ]);
  const { viewer } = batch.watch();
  await untilCaughtUp(viewer);
  expect(viewer.types()).toEqual(["batch", "batch-lines", "caught-up"]);
  batch.change([[12, 13, "running"]]);
  await until(() => expect(viewer.types().length).toBe(5));
  expect(viewer.events.slice(3)).toMatchObject([
    { type: "batch", batch: { counts: { done: 10, queued: 86, running: 2 } } },
    { type: "batch-lines", lines: [[12, 13, "running"]] },
  ]);
});

test("ten thousand changes are a few frames of bounded size, and the counts are right at once", async () => {
  const batch = setUp([[0, 9_999, "queued"]]);
  const { viewer } = batch.watch();
  await untilCaughtUp(viewer);
  const readCount = batch.readBatch.mock.calls.length;
  for (let index = 0; index < 10_000; index += 2) batch.change([[index, index, "done"]]);
  await until(() => expect(statesOf(viewer.events)).toHaveLength(10_000));
  const changes = viewer.frames.slice(3);
  expect(changes.length).toBeLessThanOrEqual(8);
  for (const { webSocketFrame } of changes) expect(webSocketFrame.byteLength).toBeLessThan(65_536);
  expect(lastCounts(viewer.events.slice(0, 5))).toMatchObject({ done: 5_000, queued: 5_000 });
  expect(batch.readBatch.mock.calls.length - readCount).toBeLessThanOrEqual(3);
});

test("who comes later, or again, gets everything, in pieces that wait for their reader", async () => {
  const lines = Array.from({ length: 5_000 }, (_, n): LineRun => [2 * n, 2 * n, "queued"]);
  const batch = setUp(lines);
  const first = batch.watch();
  await untilCaughtUp(first.viewer);
  const slow = new MemorySubscriber();
  slow.isStuck = true;
  batch.watch(slow);
  await until(() => expect(slow.types()).toContain("batch-lines"));
  batch.change([
    [0, 0, "failed"],
    [9_998, 9_998, "done"],
  ]);
  await until(() => expect(statesOf(first.viewer.events).at(-1)?.[2]).toBe("done"));
  expect(slow.types()).not.toContain("caught-up");
  slow.isStuck = false;
  slow.drain();
  await untilCaughtUp(slow);
  expect(statesOf(slow.events)).toEqual(statesOf(first.viewer.events));
  expect(batch.readBatch).toHaveBeenCalledTimes(2);
});

test("a batch that is gone ends its topic and nothing else", async () => {
  const batch = setUp([[0, 0, "queued"]]);
  const { viewer } = batch.watch();
  await untilCaughtUp(viewer);
  batch.remove();
  await until(() => expect(viewer.error).toMatchObject({ code: "gone", topic: TOPIC }));
  expect(viewer.error?.message).toContain("batch");
  expect(batch.hub.topicCount()).toBe(0);
});

test("one that cannot be read asks its viewers to come back", async () => {
  const batch = setUp([[0, 0, "queued"]]);
  const { viewer } = batch.watch();
  await untilCaughtUp(viewer);
  batch.fail();
  await until(() => expect(viewer.error).toMatchObject({ code: "resume", topic: null }));
});

test("after news may have been missed it is read again", async () => {
  const batch = setUp([[0, 9, "queued"]]);
  const { viewer, leave } = batch.watch();
  await untilCaughtUp(viewer);
  batch.session.reconnect();
  await until(() => expect(batch.readBatch).toHaveBeenCalledTimes(2));
  leave();
  expect(batch.hub.topicCount()).toBe(0);
});
