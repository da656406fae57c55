import { describe, expect, test } from "vitest";
import { readDiffs, readTool } from "./read-tool.ts";
import { shortenPath } from "./shorten-path.ts";
import { toolVerb } from "./tool-action.ts";

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

test("changes are read from both texts or from a patch", () => {
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

test("only paths of the workspace are shortened", () => {
  expect(shortenPath(`cat ${workspace}a.ts '${workspace}b.ts'`)).toBe("cat a.ts 'b.ts'");
  const ofGeneration = workspace.replace(/\/$/, "-2/");
  expect(shortenPath(`${ofGeneration}repository/a.ts`)).toBe("a.ts");
  expect(shortenPath("/etc/ses_notes/x")).toBe("/etc/ses_notes/x");
});
