import { expect, test } from "vitest";
import { listAgentDefinitions, parseAgentCommands } from "./agent-registry.ts";
import { compareVersions, findVersion } from "./compare-versions.ts";

test("the built-in agent comes first and needs nothing", () => {
  const [first, ...others] = listAgentDefinitions();
  expect(first).toMatchObject({ id: "millrace", builtIn: true, installHint: null });
  expect(others.map(({ id }) => id)).toEqual([
    "opencode",
    "kilo",
    "claude",
    "codex",
    "gemini",
    "qwen",
  ]);
});

test("configuration adds agents and changes known ones", () => {
  const commands = parseAgentCommands(
    '{"goose": {"label": "Goose", "command": "goose", "args": ["acp"]}, "opencode": {"command": "/opt/oc", "environment": {"A": "1"}}}',
  );
  const agents = new Map(listAgentDefinitions(commands).map((agent) => [agent.id, agent]));
  expect(agents.get("goose")).toMatchObject({
    label: "Goose",
    command: "goose",
    args: ["acp"],
    testedVersions: null,
  });
  expect(agents.get("opencode")).toMatchObject({
    label: "OpenCode",
    command: "/opt/oc",
    args: ["acp"],
    environment: { A: "1" },
  });
});

test.each([
  ["nonsense", "AGENT_COMMANDS must be a JSON object"],
  ['{"Bad Id": {}}', "AGENT_COMMANDS Bad Id: "],
  ['{"goose": {"comand": "x"}}', "AGENT_COMMANDS goose: "],
  ['{"goose": {"args": "acp"}}', "AGENT_COMMANDS goose.args: "],
  ['{"millrace": {}}', "AGENT_COMMANDS: the id millrace is taken"],
])("refuses %s and says where it is wrong", (json, message) => {
  expect(() => parseAgentCommands(json)).toThrow(message);
});

test.each([
  ["1.2.3", "1.2.3", 0],
  ["1.10.0", "1.9.9", 1],
  ["0.9", "0.9.1", -1],
  ["2.0.0-beta.1", "2.0.0", 0],
])("%s against %s", (left, right, sign) => {
  expect(Math.sign(compareVersions(left, right))).toBe(sign);
});

test.each([
  ["opencode v1.18.33 (linux)", "1.18.33"],
  ["tool 2.0.0-rc.1\n", "2.0.0-rc.1"],
  ["no number", null],
])("finds the version in %j", (text, version) => {
  expect(findVersion(text)).toBe(version);
});
