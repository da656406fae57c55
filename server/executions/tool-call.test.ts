import { expect, test } from "vitest";
import type { AgentUpdate } from "#server/agents/agent-update.ts";
import type { ToolPart } from "./canonical-items.ts";
import { output, tool } from "./testing/agent-updates.ts";
import { runUpdates } from "./testing/run-updates.ts";

const onlyTool = (updates: AgentUpdate[]) =>
  runUpdates(updates).parts.find(({ type }) => type === "tool") as ToolPart;
const ask = (extra: Record<string, unknown>): AgentUpdate => ({
  ...tool(extra),
  sessionUpdate: "permission_request",
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
        content: output("no such file"),
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
    [tool({ content: output("a") }), tool({ content: output("ab") })],
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
])("%s", (_name, updates, state) => {
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
  const { state } = onlyTool([tool({ content: output(text) })]);
  expect(state.output.startsWith("head")).toBe(true);
  expect(state.output.endsWith("tail")).toBe(true);
  expect(state.metadata.omittedCharacters).toBe(1_000_008);
  expect(state.output).toContain("1000008 characters left out");
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
