import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { AgentUpdate } from "#server/agents/agent-update.ts";
import { PART_TEXT_MAX_CHARACTERS } from "./acp-to-items.ts";
import type { Part } from "./canonical-items.ts";
import { endTurn } from "./end-turn.ts";
import { say, tool } from "./testing/agent-updates.ts";
import { runUpdates } from "./testing/run-updates.ts";

const think = (text: string): AgentUpdate => ({
  ...say(text),
  sessionUpdate: "agent_thought_chunk",
});
const shapes = (parts: Part[]) => parts.map((part) => [part.type, "text" in part ? part.text : ""]);

test("chunks of one kind join; another kind, a tool call or another message begin a part", () => {
  const { parts } = runUpdates([
    think("Hm"),
    think("m"),
    say("Let me "),
    say("look"),
    { ...tool({ title: "ls" }), sessionUpdate: "tool_call" },
    say("Done", { messageId: "m1" }),
    say(" here", { messageId: "m1" }),
    say("Next", { messageId: "m2" }),
  ]);
  expect(shapes(parts)).toEqual([
    ["reasoning", "Hmm"],
    ["text", "Let me look"],
    ["tool", ""],
    ["text", "Done here"],
    ["text", "Next"],
  ]);
});

test("a file in what the agent only thought is known for one", () => {
  const content = { type: "image", mimeType: "image/png", data: "AAAA" };
  const { parts } = runUpdates([
    { sessionUpdate: "agent_thought_chunk", content },
    { sessionUpdate: "agent_message_chunk", content },
  ]);
  const file = { type: "file", mime: "image/png", url: "data:image/png;base64,AAAA" };
  expect(parts).toMatchObject([{ ...file, metadata: { thought: true } }, file]);
  expect(parts[1]).not.toHaveProperty("metadata");
});

test("an update of a call that is known does not cut the text that is being said", () => {
  const { parts } = runUpdates([
    tool({ title: "ls" }),
    say("one "),
    tool({ status: "in_progress" }),
    say("two"),
  ]);
  expect(shapes(parts)).toEqual([
    ["tool", ""],
    ["text", "one two"],
  ]);
});

test("text changes carry the offset in UTF-16 units", () => {
  const { changes } = runUpdates([say("a😀"), say("b")]);
  expect(changes[1]).toEqual([
    { kind: "text", partId: "prt_1", partType: "text", offset: 3, text: "b" },
  ]);
});

test("a text above the limit goes on in a new part and loses nothing", () => {
  const half = "x".repeat(PART_TEXT_MAX_CHARACTERS / 2 + 1);
  const { parts } = runUpdates([say(half), say(half)]);
  expect(parts.map((part) => ("text" in part ? part.text.length : 0))).toEqual([
    half.length,
    half.length,
  ]);
});

test("a plan is one call of the tool for todos, replaced in place", () => {
  const { parts, changes } = runUpdates([
    {
      sessionUpdate: "plan",
      entries: [{ content: "Look", status: "in_progress", priority: "high" }],
    },
    {
      sessionUpdate: "plan",
      entries: [{ content: "Look", status: "completed", priority: "high" }, { content: "Fix" }],
    },
  ]);
  expect(parts).toMatchObject([
    {
      id: "prt_1",
      type: "tool",
      tool: "todowrite",
      callID: "plan-msg_2",
      state: {
        status: "completed",
        title: "1 todos",
        input: {
          todos: [
            { content: "Look", status: "completed", priority: "high" },
            { content: "Fix", status: "pending", priority: "medium" },
          ],
        },
        time: { start: 1_010, end: 1_020 },
      },
    },
  ]);
  expect(changes.flat()).toEqual([
    { kind: "part", partId: "prt_1", urgent: true },
    { kind: "part", partId: "prt_1", urgent: false },
  ]);
});

test("a notice is a text that says how serious it is", () => {
  const notice = { severity: "warning", title: "Ripe", description: "Soon gone" };
  const { parts } = runUpdates([say("I look"), { sessionUpdate: "notice", ...notice }, say("On")]);
  expect(parts.slice(1)).toMatchObject([
    { type: "text", text: "Ripe\n\nSoon gone", metadata: { notice }, time: { end: 1_020 } },
    { type: "text", text: "On" },
  ]);
});

test("usage becomes the context and the cost of this turn alone", () => {
  const update = {
    sessionUpdate: "usage_update",
    used: 10,
    size: 100,
    cost: { amount: 0.75, currency: "USD" },
  };
  const { turn } = runUpdates([update], { costBefore: 0.5 });
  const usage = { inputTokens: 5, outputTokens: 6, thoughtTokens: null, cachedReadTokens: 2 };
  endTurn(turn, { stopReason: "end_turn", usage }, 2_000);
  expect(turn.message).toMatchObject({
    cost: 0.25,
    context: { used: 10, size: 100 },
    tokens: { input: 5, output: 6, reasoning: 0, cache: { read: 2, write: 0 } },
  });
});

test.each([
  [
    { type: "image", mimeType: "image/png", data: "AAAA" },
    { mime: "image/png", url: "data:image/png;base64,AAAA" },
  ],
  [
    { type: "audio", mimeType: "audio/wav", data: "BBBB" },
    { mime: "audio/wav", url: "data:audio/wav;base64,BBBB" },
  ],
  [
    { type: "resource_link", uri: "file:///w/a.txt", name: "a.txt" },
    { filename: "a.txt", url: "file:///w/a.txt" },
  ],
  [
    { type: "resource", resource: { uri: "file:///w/b.txt", text: "hé", mimeType: "text/plain" } },
    { filename: "b.txt", url: "data:text/plain;base64,aMOp" },
  ],
])("content that is no text becomes a file part: %o", (content, expected) => {
  const { parts } = runUpdates([{ sessionUpdate: "agent_message_chunk", content }]);
  expect(parts).toMatchObject([{ type: "file", ...expected }]);
});

test("unknown kinds are kept verbatim, and counted when there are too many", () => {
  const unknown = { sessionUpdate: "hologram", shape: "cube" };
  const { turn, parts } = runUpdates(Array.from({ length: 203 }, () => unknown));
  expect(parts[0]).toMatchObject({ type: "update", kind: "hologram", data: { shape: "cube" } });
  expect(parts).toHaveLength(200);
  expect(turn.message.omittedUpdateCount).toBe(3);
});

test.each([
  [{ sessionUpdate: "user_message_chunk", content: { type: "text", text: "prompt" } }],
  [{ sessionUpdate: "available_commands_update", availableCommands: [] }],
  [{ sessionUpdate: "agent_message_chunk", content: { type: "text", text: "" } }],
])("leaves no trace: %o", (update) => {
  expect(runUpdates([update]).parts).toEqual([]);
});

test("malformed updates never throw", () => {
  const kinds = [
    "agent_message_chunk",
    "tool_call",
    "plan",
    "usage_update",
    "notice",
    "compaction_update",
  ];
  for (const sessionUpdate of kinds) {
    for (const value of [undefined, null, 3, "x", [], {}, [null], [{}]]) {
      const update = {
        sessionUpdate,
        content: value,
        entries: value,
        toolCallId: value,
        cost: value,
        summary: value,
      };
      expect(() => runUpdates([update])).not.toThrow();
    }
  }
});

test("the end of a turn closes texts, calls and the message", () => {
  const { turn } = runUpdates([
    tool({ status: "in_progress" }),
    tool({ toolCallId: "call-2", status: "completed" }),
    say("bye"),
  ]);
  const changes = endTurn(turn, { stopReason: "cancelled" }, 2_000);
  expect([...turn.parts.values()]).toMatchObject([
    { state: { status: "error", error: "Cancelled", time: { end: 2_000 } } },
    { state: { status: "completed" } },
    { text: "bye", time: { end: 2_000 } },
  ]);
  expect(turn.message.time.completed).toBe(2_000);
  expect(changes.every((change) => change.kind !== "text" && change.urgent)).toBe(true);
});

test("a turn as a real OpenCode 1.18.33 sent it", () => {
  const file = new URL("./testing/opencode-turn.ndjson", import.meta.url);
  const lines = readFileSync(file, "utf8").trim().split("\n");
  const { turn, parts } = runUpdates(lines.map((line) => JSON.parse(line) as AgentUpdate));
  const shown = parts.map((part) => {
    if (part.type === "tool") return `${part.tool}: ${part.state.title} (${part.state.status})`;
    return "text" in part ? part.text : part.type;
  });
  expect(shown).toEqual([
    "I will edit the file.",
    "read: app.txt (completed)",
    "edit: app.txt (completed)",
    "write: health.txt (completed)",
    "todowrite: 0 todos (completed)",
    "bash: cat app.txt; for i in 1 2 3; do echo line $i; sleep 0.3; done (completed)",
    "All **done**: the file says hello new world.",
  ]);
  expect(parts[5]).toMatchObject({
    state: { output: "hello new world\nline 1\nline 2\nline 3\n", metadata: { exitCode: 0 } },
  });
  expect(parts[2]).toMatchObject({
    state: { metadata: { diffs: [{ path: "/workspace/app.txt" }] } },
  });
  expect(turn.message.context).toEqual({ used: 100, size: 100_000 });
});
