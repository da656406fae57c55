import { expect, test } from "vitest";
import { readMcpServers, writeMcpServers } from "./mcp-text.ts";
import { emptyProfile, fieldOf, readProfile, showPattern } from "./profile-draft.ts";

test("what is pasted from other programs is read, with or without what stands around it", () => {
  const text =
    '{"mcpServers": {"a": {"command": "npx", "args": ["-y", "a"], "env": {"K": "${T}"}}, "b": {"url": "https://b.test"}}}';
  const servers = readMcpServers(text);
  expect(servers).toEqual([
    { type: "stdio", name: "a", command: "npx", args: ["-y", "a"], environment: { K: "${T}" } },
    { type: "http", name: "b", url: "https://b.test", headers: {} },
  ]);
  expect(readMcpServers(writeMcpServers(servers))).toEqual(servers);
  expect(writeMcpServers(readMcpServers(" "))).toBe("");
});

test.each([
  ["{", "This is not JSON."],
  ["[]", "Write an object with a name for each server."],
  ['{"a": 1}', 'The server "a" is not an object.'],
  ['{"a": {}}', 'The server "a" has neither a command nor a url.'],
  ['{"a": {"command": "a", "args": [1]}}', 'The args of "a" are a list of texts.'],
  ['{"a": {"url": "a", "headers": {"b": 1}}}', 'The headers of "a" are names with texts.'],
])("%s is refused in words", (text, message) => {
  expect(() => readMcpServers(text)).toThrow(message);
});

test("fields that are left empty ask for nothing, and all that is wrong is told at once", () => {
  const { input } = readProfile({ ...emptyProfile, name: " Web ", variables: "A=b=c\n\nB=" });
  expect(input).toMatchObject({
    name: "Web",
    settings: { variables: { A: "b=c", B: "" }, agent: null, memoryMaxBytes: null, author: null },
  });
  expect(input?.settings).toMatchObject({ submodules: false, lfs: false });
  const whole = readProfile({ ...emptyProfile, name: "Whole", submodules: true, lfs: true });
  expect(whole.input?.settings).toMatchObject({ submodules: true, lfs: true });
  const wrong = { ...emptyProfile, variables: "A", memoryGb: "-1", authorName: "Mona" };
  expect(Object.keys(readProfile(wrong).errors ?? {}).toSorted()).toEqual([
    "authorEmail",
    "memoryGb",
    "name",
    "variables",
  ]);
});

test.each([
  ["https://github.com/owner/*", "owner/*"],
  ["https://github.com/*", "https://github.com/*"],
  ["https://github.com/an_owner/*", "https://github.com/an_owner/*"],
  ["https://git.example/group/*", "https://git.example/group/*"],
  ["file:///folder/*", "/folder/*"],
])("%s is shown in a form that the server takes again", (pattern, shown) => {
  expect(showPattern(pattern)).toBe(shown);
});

test("a refusal of the server is shown at its field", () => {
  expect(fieldOf("settings.allowedHosts.0")).toBe("allowedHosts");
  expect(fieldOf("settings.memoryMaxBytes")).toBe("memoryGb");
  expect(fieldOf("repository")).toBe("repository");
  expect(fieldOf(null)).toBe("");
});
