import { expect, test } from "vitest";
import type { AgentUpdate } from "#server/agents/agent-update.ts";
import { applyCompactCommand } from "./compaction.ts";
import { endTurn } from "./end-turn.ts";
import { say, tool } from "./testing/agent-updates.ts";
import { runUpdates } from "./testing/run-updates.ts";
import { createTestRecorder } from "./testing/test-recorder.ts";

const context = (used: number): AgentUpdate => ({
  sessionUpdate: "usage_update",
  used,
  size: 200_000,
});
const compaction = (update: object): AgentUpdate => ({
  sessionUpdate: "compaction_update",
  compactionId: "c",
  ...update,
});
const kinds = ({ parts }: ReturnType<typeof runUpdates>) => parts.map(({ type }) => type);

test("a compaction is one part where it began, with its summary and the context before and after", () => {
  const run = runUpdates([
    say("I look"),
    context(180_000),
    compaction({ status: "in_progress" }),
    tool({ title: "ls" }),
    {
      sessionUpdate: "compaction_summary_chunk",
      compactionId: "c",
      content: { type: "text", text: "A mill" },
    },
    context(170_000),
    compaction({ status: "completed" }),
    context(190_000),
    context(24_000),
    context(30_000),
  ]);
  expect(kinds(run)).toEqual(["text", "compaction", "tool"]);
  expect(run.parts[1]).toMatchObject({
    status: "completed",
    summary: "A mill",
    tokens: { before: 180_000, after: 24_000 },
  });
});

test("a summary is replaced, cleared, or left as it is, as the agent says", () => {
  const summaryAfter = (...updates: object[]) =>
    runUpdates(updates.map((update) => compaction({ status: "in_progress", ...update }))).parts[0];
  const first = { summary: [{ type: "text", text: "A mill" }] };
  expect(summaryAfter(first, {})).toMatchObject({ summary: "A mill" });
  expect(summaryAfter(first, { summary: null })).toMatchObject({ summary: "" });
  expect(summaryAfter(first, { status: "failed", error: "No model" })).toMatchObject({
    status: "failed",
    error: "No model",
  });
});

test("Claude says so in words, and its context at once", () => {
  const run = runUpdates(
    [say("Compacting..."), context(24_000), say("\n\nCompacting completed.")],
    { contextBefore: 180_000 },
  );
  expect(kinds(run)).toEqual(["text", "compaction"]);
  expect(run.parts[1]).toMatchObject({
    status: "completed",
    tokens: { before: 180_000, after: 24_000 },
  });
});

test.each([
  "IMPORTANT: This conversation approached the input token limit for qwen. A compressed context will be sent for future messages (compressed from: 9000 to 800 tokens).",
  "Context compressed (9000 -> 800).",
])("Qwen says so in words with both sizes: %s", (words) => {
  const run = runUpdates([say("Before"), say(words), say("After")]);
  expect(kinds(run)).toEqual(["text", "compaction", "text"]);
  expect(run.parts[1]).toMatchObject({ tokens: { before: 9_000, after: 800 } });
});

test("words about a compaction in a longer text are words", () => {
  const run = runUpdates([say("The log says: Compacting completed."), say(" Good.")]);
  expect(kinds(run)).toEqual(["text"]);
});

test("a compaction that is under way when the turn ends ends with it", () => {
  const end = (stopReason: string) => {
    const { turn } = runUpdates([compaction({ status: "in_progress" })]);
    endTurn(turn, { stopReason }, 2_000);
    return turn.parts.get("prt_1");
  };
  expect(end("cancelled")).toMatchObject({ status: "cancelled" });
  expect(end("end_turn")).toMatchObject({
    status: "failed",
    error: "The agent did not say how this ended",
  });
});

test("`/compact` of an agent that says nothing about it has a part of its own", async () => {
  const parts = async (promptText: string, ...updates: AgentUpdate[]) => {
    const { recorder, stored } = createTestRecorder({
      promptText,
      contextBefore: 180_000,
      takesCompact: () => true,
    });
    for (const update of updates) await recorder.onUpdate(update);
    const { contextUsed } = await recorder.finish({ stopReason: "end_turn" });
    const found = stored().filter(({ type }) => type === "compaction");
    return { found, contextUsed };
  };
  expect(await parts("/compact", context(20_000))).toMatchObject({
    found: [{ status: "completed", tokens: { before: 180_000, after: 20_000 } }],
    contextUsed: 20_000,
  });
  expect((await parts("/compact", compaction({ status: "failed" }))).found).toMatchObject([
    { status: "failed" },
  ]);
  const refused = await parts("/compact", say("Compacting..."), say("\n\nCompacting failed."));
  expect(refused.found).toEqual([]);
  expect((await parts("Compact the files")).found).toEqual([]);
});

test.each([
  { used: 4, parts: [{ tokens: { before: 5, after: 4 } }] },
  { used: 5, parts: [] },
  { used: 10, parts: [] },
])("a context of 5 tokens that is $used after `/compact`", ({ used, parts }) => {
  const { turn } = runUpdates([context(used)], { contextBefore: 5 });
  applyCompactCommand(turn, { promptText: "/compact", now: 0, createPartId: () => "prt_9" });
  expect([...turn.parts.values()]).toMatchObject(parts);
});

test("to an agent that does not know it, `/compact` is a prompt like any other", async () => {
  const { recorder, stored } = createTestRecorder({ promptText: "/compact" });
  await recorder.onUpdate(say("There is no file of that name."));
  await recorder.finish({ stopReason: "end_turn" });
  expect(stored().map(({ type }) => type)).not.toContain("compaction");
});

test("a compaction that failed has no context after it, and leaves none to the next", () => {
  const told = runUpdates([
    context(180_000),
    compaction({ status: "in_progress" }),
    compaction({ status: "failed" }),
    context(24_000),
  ]);
  expect(told.parts).toMatchObject([{ tokens: { before: 180_000, after: null } }]);
  const said = runUpdates([
    context(180_000),
    say("Compacting..."),
    say("\n\nCompacting failed."),
    context(90_000),
    say("\n\nCompacting completed."),
  ]);
  expect(said.parts.at(-1)).toMatchObject({ tokens: { before: 90_000, after: null } });
});
