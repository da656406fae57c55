import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { AgentUpdate } from "#server/agents/agent-update.ts";
import { applyUpdate, PART_TEXT_MAX_CHARACTERS } from "./acp-to-items.ts";
import { endTurn } from "./end-turn.ts";
import { createTurnItems } from "./turn-items.ts";
import type { AssistantMessage, Part, ToolPart } from "./canonical-items.ts";

const createAnswer = (): AssistantMessage => ({
  id: "msg_2",
  sessionID: "ses_1",
  role: "assistant",
  time: { created: 100 },
  parentID: "msg_1",
  agent: "Scripted",
  cost: 0,
  tokens: { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } },
});

function runUpdates(updates: AgentUpdate[], turnOptions = {}) {
  const turn = createTurnItems(createAnswer(), turnOptions);
  let partCount = 0;
  let now = 1_000;
  const createPartId = () => `prt_${(partCount += 1)}`;
  const changes = updates.map((update) =>
    applyUpdate(turn, update, { now: (now += 10), createPartId }),
  );
  return { turn, changes, parts: [...turn.parts.values()] };
}

const say = (text: string, extra = {}): AgentUpdate => ({
  sessionUpdate: "agent_message_chunk",
  content: { type: "text", text },
  ...extra,
});
const think = (text: string): AgentUpdate => ({
  ...say(text),
  sessionUpdate: "agent_thought_chunk",
});
const tool = (update: Record<string, unknown>): AgentUpdate => ({
  sessionUpdate: "tool_call_update",
  toolCallId: "call-1",
  ...update,
});
const onlyTool = (updates: AgentUpdate[]) =>
  runUpdates(updates).parts.find(({ type }) => type === "tool") as ToolPart;
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

test.each<[string, AgentUpdate[], Partial<ToolPart["state"]>]>([
  [
    "pending",
    [tool({ title: "ls", rawInput: { command: "ls" } })],
    { status: "pending", title: "ls", input: { command: "ls" }, raw: "" },
  ],
  ["running", [tool({ status: "in_progress" })], { status: "running" }],
  [
    "completed without having run",
    [tool({}), tool({ status: "completed" })],
    { status: "completed", time: { start: 1_010, end: 1_020 } },
  ],
  [
    "failed",
    [
      tool({
        status: "failed",
        content: [{ type: "content", content: { type: "text", text: "no such file" } }],
      }),
    ],
    { status: "error", error: "no such file", output: "no such file" },
  ],
  [
    "completed stays so when a late update says running",
    [tool({ status: "completed" }), tool({ status: "in_progress" })],
    { status: "completed" },
  ],
  [
    "null means absent",
    [
      tool({ title: "ls", rawInput: { a: 1 } }),
      tool({ title: null, rawInput: null, content: null, status: null }),
    ],
    { title: "ls", input: { a: 1 } },
  ],
  [
    "an input that is no object is wrapped",
    [tool({ rawInput: "ls -l" })],
    { input: { value: "ls -l" } },
  ],
  [
    "output replaces output",
    [
      tool({ content: [{ type: "content", content: { type: "text", text: "a" } }] }),
      tool({ content: [{ type: "content", content: { type: "text", text: "ab" } }] }),
    ],
    { output: "ab" },
  ],
  [
    "raw output counts where no content says more",
    [tool({ rawOutput: { output: "raw", metadata: {} } })],
    { output: "raw" },
  ],
  [
    "terminal output from _meta",
    [
      tool({
        content: [{ type: "terminal", terminalId: "t" }],
        _meta: { terminal_output_delta: { data: "a\n" } },
      }),
      tool({ _meta: { terminal_output_delta: { data: "b" }, terminal_exit: { exit_code: 2 } } }),
    ],
    { output: "a\nb", metadata: { exitCode: 2 } },
  ],
  [
    "diffs and locations",
    [
      tool({
        kind: "edit",
        locations: [{ path: "/w/a", line: 3 }, { path: "/w/b" }, {}],
        content: [{ type: "diff", path: "/w/a", oldText: "x", newText: "y" }],
      }),
    ],
    {
      metadata: {
        kind: "edit",
        locations: [{ path: "/w/a", line: 3 }, { path: "/w/b" }],
        diffs: [{ path: "/w/a", oldText: "x", newText: "y" }],
      },
    },
  ],
])("tool call: %s", (_name, updates, state) => {
  expect(onlyTool(updates).state).toMatchObject(state);
});

test("several contents of a call are joined and its pictures become attachments", () => {
  const part = onlyTool([
    tool({
      content: [
        { type: "content", content: { type: "text", text: "one" } },
        { type: "content", content: { type: "image", mimeType: "image/png", data: "AAAA" } },
        { type: "content", content: { type: "text", text: "two" } },
      ],
    }),
  ]);
  expect(part.state.output).toBe("one\ntwo");
  expect(part.state.attachments).toMatchObject([
    { type: "file", mime: "image/png", url: "data:image/png;base64,AAAA" },
  ]);
});

test("an output above the limit keeps both ends and says how much is missing", () => {
  const text = `head${"x".repeat(13_000_000)}tail`;
  const { state } = onlyTool([
    tool({ content: [{ type: "content", content: { type: "text", text } }] }),
  ]);
  expect(state.output.startsWith("head")).toBe(true);
  expect(state.output.endsWith("tail")).toBe(true);
  expect(state.metadata.omittedCharacters).toBe(1_000_008);
  expect(state.output).toContain("1000008 characters left out");
});

const ask = (extra: Record<string, unknown>): AgentUpdate => ({
  ...tool(extra),
  sessionUpdate: "permission_request",
});

test("a call that is first heard of in a permission request becomes a part", () => {
  const part = onlyTool([ask({ title: "rm -rf build", kind: "execute", status: "completed" })]);
  expect(part).toMatchObject({ tool: "bash", state: { status: "pending", title: "rm -rf build" } });
});

test("a permission request adds its diff to a known call and changes nothing else", () => {
  const part = onlyTool([
    tool({ title: "write", kind: "edit", rawInput: { filePath: "a", content: "x" } }),
    ask({
      title: "/w/a",
      rawInput: { filepath: "/w/a", diff: "…" },
      content: [{ type: "diff", path: "/w/a", oldText: null, newText: "x" }],
    }),
  ]);
  expect(part.state).toMatchObject({
    title: "write",
    input: { filePath: "a", content: "x" },
    metadata: { diffs: [{ path: "/w/a", oldText: null, newText: "x" }] },
  });
});

test("plans and todos replace the turn's one plan", () => {
  const { parts } = runUpdates([
    {
      sessionUpdate: "plan",
      entries: [{ content: "Look", status: "in_progress", priority: "high" }],
    },
    tool({
      rawInput: {
        todos: [{ content: "Look", status: "completed", priority: "high" }, { content: "Fix" }],
      },
    }),
  ]);
  expect(parts.filter(({ type }) => type === "plan")).toMatchObject([
    {
      id: "prt_1",
      entries: [
        { content: "Look", status: "completed", priority: "high" },
        { content: "Fix", status: "pending", priority: "medium" },
      ],
    },
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
    "plan",
    "bash: cat app.txt; for i in 1 2 3; do echo line $i; sleep 0.3; done (completed)",
    "All **done**: the file says hello new world.",
  ]);
  expect(parts[6]).toMatchObject({
    state: { output: "hello new world\nline 1\nline 2\nline 3\n", metadata: { exitCode: 0 } },
  });
  expect(parts[2]).toMatchObject({
    state: { metadata: { diffs: [{ path: "/workspace/app.txt" }] } },
  });
  expect(turn.message.context).toEqual({ used: 100, size: 100_000 });
});
