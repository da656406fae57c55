import { describe, expect, test } from "vitest";
import { countChanges, computeDiff } from "#lib/changes/compute-diff.ts";
import type { JsonObject } from "#lib/json.ts";
import { readChanges } from "#lib/changes/read-changes.ts";
import { readTodos } from "./read-todos.ts";
import { readTool } from "./read-tool.ts";
import { endOfPath, shortenPath } from "#lib/changes/shorten-path.ts";
import { toolAction, toolVerb, type ToolAction } from "#lib/changes/tool-action.ts";

const workspace = "/srv/data/workspaces/ses_0123456789abABCDEFGHIJKLMN/";

describe("a tool call", () => {
  test("tells its command, times, exit code and output", () => {
    const call = readTool({
      type: "tool",
      tool: "bash",
      state: {
        status: "completed",
        input: { command: "npm test\nnpm run lint" },
        output: "ok",
        metadata: { exitCode: 1 },
        time: { start: 1_000, end: 3_500 },
      },
    });
    expect(call).toMatchObject({
      action: "execute",
      argument: "npm test …",
      exitCode: 1,
      output: "ok",
      startedAt: 1_000,
      endedAt: 3_500,
    });
    expect(toolVerb(call.action, { name: call.name, hasEnded: true })).toBe("Ran");
  });

  test.each([
    ["read", { filePath: `${workspace}repository/src/main.ts` }, "src/main.ts"],
    ["grep", { pattern: "TODO", path: "src" }, "TODO"],
    ["webfetch", { url: "https://example.org" }, "https://example.org"],
    ["task", { description: "Find the tests", prompt: "long" }, "Find the tests"],
    ["todowrite", { todos: [{ status: "completed" }, { status: "pending" }] }, "1 of 2 done"],
    ["linear_search", { query: "bug" }, "bug"],
    ["bash", { command: ["ls", "-la"] }, "ls -la"],
  ])("%s shows its most telling argument", (tool, input, argument) => {
    expect(readTool({ tool, state: { input } }).argument).toBe(argument);
  });

  test("falls back to its place, its title, or nothing", () => {
    const locations = [{ path: `${workspace}a.ts` }];
    expect(
      readTool({ tool: "edit", state: { title: "Edit a.ts", metadata: { locations } } }).argument,
    ).toBe("a.ts");
    expect(readTool({ tool: "novelty", state: { title: "Does a thing" } }).argument).toBe(
      "Does a thing",
    );
    expect(readTool({}).argument).toBe("");
  });

  test("of any shape is read without failing", () => {
    for (const state of [
      null,
      5,
      "text",
      [],
      { input: [1], output: 3, time: "now", status: "odd", metadata: null },
    ]) {
      expect(readTool({ tool: 7, state })).toMatchObject({
        name: "tool",
        status: "running",
        output: "",
      });
    }
  });
});

const readDiffs = (data: JsonObject) => readChanges(data).map(computeDiff);

describe("changes of files", () => {
  test("are read from both texts or from a patch", () => {
    const told = {
      state: {
        metadata: { diffs: [{ path: `${workspace}a.ts`, oldText: null, newText: "one\n" }, 5] },
      },
    };
    expect(readDiffs(told)).toMatchObject([{ path: "a.ts", additions: 1, deletions: 0 }]);
    const patch = { state: { metadata: { diff: "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n" } } };
    expect(readDiffs(patch)).toMatchObject([{ path: "x", additions: 1, deletions: 1 }]);
    expect(readDiffs({ state: {} })).toEqual([]);
  });

  const envelope = "*** Begin Patch\n*** Update File: a.ts\n@@\n-x\n+y\n*** End Patch";
  test.each<[string, JsonObject, JsonObject?]>([
    ["Edit", { file_path: "a.ts", old_string: "x", new_string: "y" }, {}],
    ["MultiEdit", { file_path: "a.ts", edits: [{ old_string: "x", new_string: "y" }] }, {}],
    ["edit", {}, { filediff: { file: "a.ts", before: "x", after: "y" } }],
    ["apply_patch", {}, { files: [{ filePath: "a.ts", before: "x", after: "y" }] }],
    ["patch", { patchText: envelope }, {}],
    ["apply_patch", { input: envelope }, {}],
    ["shell", { command: ["bash", "-lc", `applypatch <<'X'\n${envelope}\nX`] }, {}],
    ["replace", { file_path: "a.ts", old_string: "x", new_string: "y" }, {}],
    ["edit", { path: "a.ts", oldText: "x", newText: "y" }, {}],
    ["str_replace_based_edit_tool", { path: "a.ts", old_str: "x", new_str: "y" }, {}],
  ])("of %s", (tool, input, metadata = {}) => {
    const data = { tool, state: { input, metadata } };
    expect(readDiffs(data)).toMatchObject([{ path: "a.ts", additions: 1, deletions: 1 }]);
    expect(readTool(data)).toMatchObject({ action: "edit", argument: "a.ts" });
    expect(countChanges(readChanges(data))).toEqual({ additions: 1, deletions: 1 });
  });

  test("are none where a tool does something else", () => {
    expect(readDiffs({ tool: "write", state: { input: { content: "x", filePath: "a" } } })).toEqual(
      [],
    );
    expect(readDiffs({ tool: "query", state: { input: { old: "x", new: "y" } } })).toEqual([]);
  });
});

test.each<[string, ToolAction]>([
  ["Bash", "execute"],
  ["run_shell_command", "execute"],
  ["container.exec", "execute"],
  ["BashOutput", "output"],
  ["KillBash", "stop"],
  ["read_many_files", "read"],
  ["write_file", "write"],
  ["NotebookEdit", "edit"],
  ["search_file_content", "search"],
  ["Glob", "find"],
  ["list_directory", "list"],
  ["WebFetch", "fetch"],
  ["google_web_search", "lookup"],
  ["Task", "delegate"],
  ["TodoWrite", "todo"],
  ["update_plan", "todo"],
  ["ExitPlanMode", "plan"],
  ["AskUserQuestion", "question"],
  ["mcp__context7__resolve-library-id", "other"],
  ["constructor", "other"],
  ["", "other"],
])("%s is known as a tool that does: %s", (name, action) => {
  expect(toolAction(name, null)).toBe(action);
});

test("a tool of a server is named with its server", () => {
  const name = "mcp__context7__get-library-docs";
  expect(toolVerb("other", { name, hasEnded: true })).toBe("context7 · get-library-docs");
});

test.each([
  ["todos", { todos: [{ content: "a", status: "in_progress" }] }, {}],
  ["todos", { newTodos: [{ title: "a", status: "in-progress" }] }, {}],
  ["plan", { plan: [{ step: "a", status: "in_progress" }] }, {}],
  ["metadata", {}, { todos: [{ content: "a", status: "in_progress" }] }],
])("things to do are read from %s", (_, input, metadata) => {
  expect(readTodos({ state: { input, metadata } })).toEqual([
    { content: "a", status: "in_progress" },
  ]);
});

test("of a shell's command only what it is told is shown", () => {
  const input = { command: ["/bin/bash", "-lc", "npm test"] };
  expect(readTool({ tool: "shell", state: { input } }).argument).toBe("npm test");
});

test("a long path shows its end", () => {
  const path = "/home/somebody/projects/a-rather-long-name/components/transcript/part.tsx";
  expect(endOfPath(path)).toBe("…/a-rather-long-name/components/transcript/part.tsx");
  expect(endOfPath("/short/path.ts")).toBe("/short/path.ts");
  expect(endOfPath(`echo ${path}`)).toBe(`echo ${path}`);
});

test("only paths of the workspace are shortened", () => {
  expect(shortenPath(`cat ${workspace}a.ts '${workspace}b.ts'`)).toBe("cat a.ts 'b.ts'");
  const ofGeneration = workspace.replace(/\/$/, "-2/");
  expect(shortenPath(`${ofGeneration}repository/a.ts`)).toBe("a.ts");
  expect(shortenPath("/etc/ses_notes/x")).toBe("/etc/ses_notes/x");
});
