import { expect, test } from "vitest";
import { toolName } from "./tool-name.ts";

test.each([
  [{ kind: "execute", title: "npm test" }, "bash"],
  [{ kind: "read", title: "README.md" }, "read"],
  [{ kind: "search", title: "TODO" }, "search"],
  [{ kind: "search", title: "grep" }, "grep"],
  [{ kind: "fetch" }, "webfetch"],
  [{ kind: "edit", title: "Edit a.ts" }, "edit"],
  [{ kind: "edit", title: "Write a.ts", createsFile: true }, "write"],
  [{ kind: "other", title: "todowrite" }, "todowrite"],
  [{ kind: "other", title: "my_mcp_tool" }, "my_mcp_tool"],
  [{ kind: "execute", _meta: { claudeCode: { toolName: "Bash" } } }, "bash"],
  [{ kind: "edit", _meta: { claudeCode: { toolName: "MultiEdit" } } }, "edit"],
  [{ kind: "execute", name: "run_shell_command" }, "bash"],
  [{ kind: "think", title: "Thinking hard" }, "think"],
  [{ title: "Something with words" }, "tool"],
  [{ kind: "constructor", title: "constructor" }, "constructor"],
  [{ kind: "constructor" }, "tool"],
  [{}, "tool"],
])("%o is called %s", (source, name) => {
  expect(toolName(source)).toBe(name);
});
