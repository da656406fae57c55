import { expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { ITEM_BATCH_MAX_COUNT } from "#lib/limits.ts";
import type { ItemInput } from "#server/items/item-input.ts";
import { output, say, tool } from "./testing/agent-updates.ts";
import { createTestRecorder } from "./testing/test-recorder.ts";

test("growing text is written about once a second and published at once", async () => {
  const { tell, clock, writes, events } = createTestRecorder();
  for (let tenth = 0; tenth < 30; tenth += 1) {
    tell(say("x"));
    await clock.advance(100);
  }
  expect(writes.length).toBeGreaterThanOrEqual(3);
  expect(writes.length).toBeLessThanOrEqual(4);
  expect(events.map(({ offset }) => offset)).toEqual(
    Array.from({ length: 30 }, (_, offset) => offset),
  );
});

test("deltas of one tick are one event and continue the stored text exactly", async () => {
  const { tell, clock, events } = createTestRecorder();
  tell(say("a😀"));
  tell(say("b"));
  await clock.advance(0);
  tell(say("c"));
  await clock.advance(0);
  expect(events.map(({ offset, text }) => ({ offset, text }))).toEqual([
    { offset: 0, text: "a😀b" },
    { offset: 4, text: "c" },
  ]);
  expect(Object.keys(events[0]!).toSorted()).toEqual([
    "messageId",
    "offset",
    "partId",
    "partType",
    "text",
    "type",
  ]);
});

test("a change of a call's status writes everything that waits", async () => {
  const { tell, clock, writes } = createTestRecorder();
  tell(tool({ title: "npm test", status: "in_progress" }));
  tell(say("text"));
  await clock.advance(0);
  tell(say(" more"));
  tell(tool({ content: output("half") }));
  await clock.advance(0);
  expect(writes).toHaveLength(1);
  tell(tool({ status: "completed" }));
  await clock.advance(0);
  expect(writes).toHaveLength(2);
  const bodies = writes[1]!.map(({ body }) => String(body));
  expect(bodies.some((body) => body.includes('"text more"'))).toBe(true);
  expect(bodies.some((body) => body.includes('"completed"'))).toBe(true);
});

test("writes never overlap, and while one is open only the latest state waits", async () => {
  const gates: (() => void)[] = [];
  const writes: ItemInput[][] = [];
  let openCount = 0;
  const { tell, clock } = createTestRecorder({
    async writeItems(items) {
      writes.push(items);
      openCount += 1;
      expect(openCount).toBe(1);
      const gate = createDeferred<void>();
      gates.push(gate.resolve);
      await gate.promise;
      openCount -= 1;
    },
  });
  tell(tool({ status: "in_progress" }));
  await clock.advance(0);
  for (let count = 1; count <= 62; count += 1) {
    tell(tool({ content: output(`output ${count}`) }));
    await clock.advance(500);
  }
  expect(writes).toHaveLength(1);
  gates.shift()?.();
  await clock.advance(0);
  expect(writes).toHaveLength(2);
  expect(writes[1]!.map(({ body }) => String(body)).join()).toContain("output 62");
});

test("a large output that is repeated is written less often than a small one", async () => {
  const { tell, clock, writes } = createTestRecorder();
  const large = "x".repeat(6 * 1024 * 1024);
  tell(tool({ status: "in_progress" }));
  for (let count = 0; count < 24; count += 1) {
    tell(tool({ content: output(large + count) }));
    await clock.advance(500);
  }
  expect(writes.length).toBeLessThanOrEqual(4);
});

test("the producer is asked to wait while too much waits to be written", async () => {
  const gate = createDeferred<void>();
  const { recorder, tell, clock } = createTestRecorder({ writeItems: () => gate.promise });
  tell(say("start"));
  await clock.advance(0);
  const data = "A".repeat(12_000_000);
  const image = {
    sessionUpdate: "agent_message_chunk",
    content: { type: "image", mimeType: "image/png", data },
  };
  expect(recorder.onUpdate(image)).toBeUndefined();
  expect(recorder.onUpdate(image)).toBeUndefined();
  const pressure = recorder.onUpdate(image);
  expect(pressure).toBeInstanceOf(Promise);
  gate.resolve();
  await pressure;
});

test("batches stay below the limit of one write", async () => {
  const { recorder, tell, writes } = createTestRecorder();
  for (let count = 0; count < 2 * ITEM_BATCH_MAX_COUNT; count += 1)
    tell(tool({ toolCallId: `c${count}`, status: "completed" }));
  await recorder.finish({ stopReason: "end_turn" });
  expect(Math.max(...writes.map((items) => items.length))).toBeLessThanOrEqual(
    ITEM_BATCH_MAX_COUNT,
  );
});
