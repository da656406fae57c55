import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { AppError } from "#lib/errors.ts";
import { createMessageId } from "#lib/ids.ts";
import type { DeltaEvent } from "#lib/live-protocol.ts";
import type { AgentUpdate } from "#server/agents/agent-update.ts";
import type { ItemInput } from "#server/items/item-input.ts";
import { createTurnRecorder, type TurnRecorderOptions } from "./turn-recorder.ts";

/** A clock that stands still until the test moves it. */
function createClock() {
  let time = 1_000_000;
  let timers: { at: number; callback: () => void }[] = [];
  return {
    now: () => time,
    schedule(callback: () => void, delayMs: number) {
      const timer = { at: time + delayMs, callback };
      timers.push(timer);
      return () => void (timers = timers.filter((other) => other !== timer));
    },
    /** Moves on and lets everything run that is due. */
    async advance(ms: number) {
      time += ms;
      const due = timers.filter(({ at }) => at <= time);
      timers = timers.filter(({ at }) => at > time);
      for (const { callback } of due) callback();
      await setImmediate();
    },
    timerCount: () => timers.length,
  };
}

function createRecorder(options: Partial<TurnRecorderOptions> = {}) {
  const clock = createClock();
  const writes: ItemInput[][] = [];
  const events: DeltaEvent[] = [];
  const promptMessageId = createMessageId();
  const recorder = createTurnRecorder({
    sessionId: "ses_1",
    promptMessageId,
    promptText: "Do it",
    agentLabel: "Scripted",
    writeItems: async (items) => void writes.push(items),
    publish: (event) => void events.push(event),
    now: clock.now,
    schedule: clock.schedule,
    ...options,
  });
  /** Bodies of the last state of every item, in order of first write. */
  const stored = () => {
    const items = new Map<string, Record<string, unknown>>();
    for (const item of writes.flat())
      items.set(`${item.type}/${item.partId || item.messageId}`, JSON.parse(String(item.body)));
    return [...items.values()];
  };
  return { recorder, clock, writes, events, stored, promptMessageId };
}

const say = (text: string): AgentUpdate => ({
  sessionUpdate: "agent_message_chunk",
  content: { type: "text", text },
});
const tool = (update: Record<string, unknown>): AgentUpdate => ({
  sessionUpdate: "tool_call_update",
  toolCallId: "c",
  ...update,
});
const output = (text: string) => [{ type: "content", content: { type: "text", text } }];

test("the first update stores prompt, answer and first part at once and together", async () => {
  const { recorder, clock, stored, writes, promptMessageId } = createRecorder({ modelId: "m-1" });
  recorder.onUpdate(say("Hello"));
  await clock.advance(0);
  expect(writes).toHaveLength(1);
  expect(stored()).toMatchObject([
    { id: promptMessageId, role: "user", sessionID: "ses_1" },
    { type: "text", text: "Do it", messageID: promptMessageId },
    { role: "assistant", parentID: promptMessageId, modelID: "m-1", agent: "Scripted" },
    { type: "text", text: "Hello" },
  ]);
  expect(stored()[2]?.["id"]).toSatisfy((id: string) => id > promptMessageId);
});

test("growing text is written about once a second and published at once", async () => {
  const { recorder, clock, writes, events } = createRecorder();
  for (let tenth = 0; tenth < 30; tenth += 1) {
    recorder.onUpdate(say("x"));
    await clock.advance(100);
  }
  expect(writes.length).toBeGreaterThanOrEqual(3);
  expect(writes.length).toBeLessThanOrEqual(4);
  expect(events.map(({ offset }) => offset)).toEqual(
    Array.from({ length: 30 }, (_, offset) => offset),
  );
});

test("deltas of one tick are one event and continue the stored text exactly", async () => {
  const { recorder, clock, events } = createRecorder();
  recorder.onUpdate(say("a😀"));
  recorder.onUpdate(say("b"));
  await clock.advance(0);
  recorder.onUpdate(say("c"));
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
  const { recorder, clock, writes } = createRecorder();
  recorder.onUpdate(tool({ title: "npm test", status: "in_progress" }));
  recorder.onUpdate(say("text"));
  await clock.advance(0);
  recorder.onUpdate(say(" more"));
  recorder.onUpdate(tool({ content: output("half") }));
  await clock.advance(0);
  expect(writes).toHaveLength(1);
  recorder.onUpdate(tool({ status: "completed" }));
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
  const { recorder, clock } = createRecorder({
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
  recorder.onUpdate(tool({ status: "in_progress" }));
  await clock.advance(0);
  for (let count = 1; count <= 62; count += 1) {
    recorder.onUpdate(tool({ content: output(`output ${count}`) }));
    await clock.advance(500);
  }
  expect(writes).toHaveLength(1);
  gates.shift()?.();
  await clock.advance(0);
  expect(writes).toHaveLength(2);
  expect(writes[1]!.map(({ body }) => String(body)).join()).toContain("output 62");
});

test("a large output that is repeated is written less often than a small one", async () => {
  const { recorder, clock, writes } = createRecorder();
  const large = "x".repeat(6 * 1024 * 1024);
  recorder.onUpdate(tool({ status: "in_progress" }));
  for (let count = 0; count < 24; count += 1) {
    recorder.onUpdate(tool({ content: output(large + count) }));
    await clock.advance(500);
  }
  expect(writes.length).toBeLessThanOrEqual(4);
});

test("the producer is asked to wait while too much waits to be written", async () => {
  const gate = createDeferred<void>();
  const { recorder, clock } = createRecorder({ writeItems: () => gate.promise });
  recorder.onUpdate(say("start"));
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

test("the end stores everything with time, stop reason and tokens", async () => {
  const { recorder, stored, events } = createRecorder();
  recorder.onUpdate(say("Hello "));
  recorder.onUpdate(say("world"));
  recorder.onUpdate({
    sessionUpdate: "usage_update",
    used: 1,
    size: 9,
    cost: { amount: 0.5, currency: "USD" },
  });
  const summary = await recorder.finish({
    stopReason: "end_turn",
    usage: { inputTokens: 10, outputTokens: 5 },
  });
  expect(summary).toMatchObject({ isStarted: true, costUsd: 0.5, tokens: 15 });
  expect(stored()[2]).toMatchObject({
    finish: "end_turn",
    time: { completed: 1_000_000 },
    tokens: { input: 10, output: 5 },
  });
  expect(stored()[3]).toMatchObject({ text: "Hello world", time: { end: 1_000_000 } });
  expect(events.map(({ text }) => text).join("")).toBe("Hello world");
});

test("no timer and no write follows the end", async () => {
  const { recorder, clock, writes } = createRecorder();
  recorder.onUpdate(say("Hello"));
  await recorder.finish({ stopReason: "end_turn" });
  const count = writes.length;
  recorder.onUpdate(say(" late"));
  await clock.advance(60_000);
  expect(writes).toHaveLength(count);
  expect(clock.timerCount()).toBe(0);
});

test("a cancelled turn says so on the message and on calls that were open", async () => {
  const { recorder, stored } = createRecorder();
  recorder.onUpdate(tool({ status: "in_progress" }));
  await recorder.finish({ stopReason: "cancelled" });
  expect(stored()[2]).toMatchObject({
    finish: "cancelled",
    error: { name: "MessageAbortedError" },
  });
  expect(stored()[3]).toMatchObject({ state: { status: "error", error: "Cancelled" } });
});

test("a failed turn keeps what was said and shows only a safe message", async () => {
  const { recorder, stored } = createRecorder();
  recorder.onUpdate(say("I will"));
  await recorder.finish({ error: new Error("raw with token") });
  expect(stored()[2]).toMatchObject({
    error: { name: "UnknownError", data: { message: "Something went wrong on the server" } },
  });
  expect(stored()[3]).toMatchObject({ text: "I will" });
});

test("a turn that fails before its first update leaves no item", async () => {
  const { recorder, writes } = createRecorder();
  const summary = await recorder.finish({
    error: new AppError("unavailable", "Scripted exited with code 1"),
  });
  expect(summary.isStarted).toBe(false);
  expect(writes).toEqual([]);
});

test("settings that the agent tells do not begin the turn", async () => {
  let startCount = 0;
  const { recorder, writes } = createRecorder({ onStart: () => void (startCount += 1) });
  recorder.onUpdate({ sessionUpdate: "available_commands_update", availableCommands: [] });
  recorder.onUpdate({ sessionUpdate: "usage_update", used: 0, size: 100 });
  const summary = await recorder.finish({
    error: new AppError("unavailable", "No model answered"),
  });
  expect([summary.isStarted, startCount, writes.length]).toEqual([false, 0, 0]);
});

test("the caller learns of the beginning once, before anything is written", async () => {
  const order: string[] = [];
  const { recorder } = createRecorder({
    onStart: () => void order.push("start"),
    writeItems: async () => void order.push("write"),
  });
  recorder.onUpdate(say("Hello"));
  recorder.onUpdate(say(" world"));
  await recorder.finish({ stopReason: "end_turn" });
  expect(order.slice(0, 2)).toEqual(["start", "write"]);
  expect(order.filter((step) => step === "start")).toHaveLength(1);
});

test("a turn without updates is stored with its result", async () => {
  const { recorder, stored } = createRecorder();
  await recorder.finish({ stopReason: "refusal" });
  expect(stored()).toMatchObject([{ role: "user" }, { text: "Do it" }, { finish: "refusal" }]);
});

test("a failing write fails the turn: at once, at the next update and at the end", async () => {
  const full = new AppError("unavailable", "The disk is full");
  const { recorder, clock, events } = createRecorder({ writeItems: () => Promise.reject(full) });
  recorder.onUpdate(say("Hello"));
  await expect(recorder.failed).rejects.toBe(full);
  await clock.advance(0);
  expect(() => recorder.onUpdate(say(" again"))).toThrow(full);
  await expect(recorder.finish({ stopReason: "end_turn" })).rejects.toBe(full);
  expect(events.length).toBeGreaterThan(0);
});

test("batches stay below the limit of one write", async () => {
  const { recorder, writes } = createRecorder();
  for (let count = 0; count < 300; count += 1)
    recorder.onUpdate(tool({ toolCallId: `c${count}`, status: "completed" }));
  await recorder.finish({ stopReason: "end_turn" });
  expect(Math.max(...writes.map((items) => items.length))).toBeLessThanOrEqual(128);
});

test("a title is handed on unless it is only a placeholder", async () => {
  const titles: string[] = [];
  const { recorder } = createRecorder({ onTitle: (title) => void titles.push(title) });
  recorder.onUpdate({
    sessionUpdate: "session_info_update",
    title: "New session - 2026-11-20T00:00:00.000Z",
  });
  recorder.onUpdate({ sessionUpdate: "session_info_update", title: "Add a health check" });
  await recorder.finish({ stopReason: "end_turn" });
  expect(titles).toEqual(["Add a health check"]);
});

test("a prompt whose id comes from a clock ahead of ours still sorts before its answer", async () => {
  const promptMessageId = "msg_ffffffff000012345678901234";
  const { recorder, stored } = createRecorder({ promptMessageId });
  await recorder.finish({ stopReason: "end_turn" });
  expect(stored()[2]?.["id"]).toMatch(/^msg_ffffffff0001/);
});
