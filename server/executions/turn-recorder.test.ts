import { expect, test } from "vitest";
import { AppError } from "#lib/errors.ts";
import { say, tool } from "./testing/agent-updates.ts";
import { createTestRecorder } from "./testing/test-recorder.ts";

test("the first update stores prompt, answer and first part at once and together", async () => {
  const { tell, clock, stored, writes, promptMessageId } = createTestRecorder({ modelId: "m-1" });
  tell(say("Hello"));
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

test.each([
  ["scripted/large/high", { providerID: "scripted", modelID: "large/high" }],
  ["large", { providerID: "", modelID: "large" }],
  ["/large", { providerID: "", modelID: "/large" }],
  [null, { providerID: "", modelID: "" }],
])("prompt and answer name provider and model: %s", async (modelId, expected) => {
  const { recorder, stored } = createTestRecorder({ modelId });
  await recorder.finish({ stopReason: "end_turn" });
  expect(stored()).toMatchObject([{ model: expected }, {}, expected]);
});

test("the end stores everything with time, stop reason and tokens", async () => {
  const { recorder, tell, stored, events } = createTestRecorder();
  tell(say("Hello "));
  tell(say("world"));
  tell({
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
  const { recorder, tell, clock, writes } = createTestRecorder();
  tell(say("Hello"));
  await recorder.finish({ stopReason: "end_turn" });
  const count = writes.length;
  tell(say(" late"));
  await clock.advance(60_000);
  expect(writes).toHaveLength(count);
  expect(clock.timerCount()).toBe(0);
});

test("a cancelled turn says so on the message and on calls that were open", async () => {
  const { recorder, tell, stored } = createTestRecorder();
  tell(tool({ status: "in_progress" }));
  await recorder.finish({ stopReason: "cancelled" });
  expect(stored()[2]).toMatchObject({
    finish: "cancelled",
    error: { name: "MessageAbortedError" },
  });
  expect(stored()[3]).toMatchObject({ state: { status: "error", error: "Cancelled" } });
});

test("a failed turn keeps what was said and shows only a safe message", async () => {
  const { recorder, tell, stored } = createTestRecorder();
  tell(say("I will"));
  await recorder.finish({ error: new Error("raw with token") });
  expect(stored()[2]).toMatchObject({
    error: { name: "UnknownError", data: { message: "Something went wrong on the server" } },
  });
  expect(stored()[3]).toMatchObject({ text: "I will" });
});

test("a turn that fails before its first update leaves no item", async () => {
  const { recorder, writes } = createTestRecorder();
  const summary = await recorder.finish({
    error: new AppError("unavailable", "Scripted exited with code 1"),
  });
  expect(summary.isStarted).toBe(false);
  expect(writes).toEqual([]);
});

test("settings that the agent tells do not begin the turn", async () => {
  let startCount = 0;
  const { recorder, tell, writes } = createTestRecorder({ onStart: () => void (startCount += 1) });
  tell({ sessionUpdate: "available_commands_update", availableCommands: [] });
  tell({ sessionUpdate: "usage_update", used: 0, size: 100 });
  const summary = await recorder.finish({
    error: new AppError("unavailable", "No model answered"),
  });
  expect([summary.isStarted, startCount, writes.length]).toEqual([false, 0, 0]);
});

test("the caller learns of the beginning once, before anything is written", async () => {
  const order: string[] = [];
  const { recorder, tell } = createTestRecorder({
    onStart: () => void order.push("start"),
    writeItems: async () => void order.push("write"),
  });
  tell(say("Hello"));
  tell(say(" world"));
  await recorder.finish({ stopReason: "end_turn" });
  expect(order.slice(0, 2)).toEqual(["start", "write"]);
  expect(order.filter((step) => step === "start")).toHaveLength(1);
});

test("a turn without updates is stored with its result", async () => {
  const { recorder, stored } = createTestRecorder();
  await recorder.finish({ stopReason: "refusal" });
  expect(stored()).toMatchObject([{ role: "user" }, { text: "Do it" }, { finish: "refusal" }]);
});

test("a failing write fails the turn: at once, at the next update and at the end", async () => {
  const full = new AppError("unavailable", "The disk is full");
  const { recorder, tell, clock, events } = createTestRecorder({
    writeItems: () => Promise.reject(full),
  });
  tell(say("Hello"));
  await expect(recorder.failed).rejects.toBe(full);
  await clock.advance(0);
  expect(() => recorder.onUpdate(say(" again"))).toThrow(full);
  await expect(recorder.finish({ stopReason: "end_turn" })).rejects.toBe(full);
  expect(events.length).toBeGreaterThan(0);
});

test("a title is handed on unless it is only a placeholder", async () => {
  const titles: string[] = [];
  const { recorder, tell } = createTestRecorder({ onTitle: (title) => void titles.push(title) });
  tell({
    sessionUpdate: "session_info_update",
    title: "New session - 2026-11-20T00:00:00.000Z",
  });
  tell({ sessionUpdate: "session_info_update", title: "Add a health check" });
  await recorder.finish({ stopReason: "end_turn" });
  expect(titles).toEqual(["Add a health check"]);
});

test("a prompt whose id comes from a clock ahead of ours still sorts before its answer", async () => {
  const promptMessageId = "msg_ffffffff000012345678901234";
  const { recorder, stored } = createTestRecorder({ promptMessageId });
  await recorder.finish({ stopReason: "end_turn" });
  expect(stored()[2]?.["id"]).toMatch(/^msg_ffffffff0001/);
});
