import { expect, test } from "vitest";
import { readCommands, readOptions } from "./read-settings.ts";
import { createSettingsTracker } from "./settings-tracker.ts";

const modes = {
  currentModeId: "build",
  availableModes: [
    { id: "build", name: "Build" },
    { id: "plan", name: "Plan", description: "Changes nothing" },
  ],
};
const models = { currentModelId: "m/1", availableModels: [{ modelId: "m/1", name: "One" }] };
const effort = {
  id: "effort",
  name: "Effort",
  type: "select",
  category: "thought_level",
  currentValue: "low",
  options: [{ group: "g", name: "G", options: [{ value: "low", name: "Low" }, { value: "high" }] }],
};

test("modes and models of the older kind are options", () => {
  expect(readOptions({ modes, models })).toEqual([
    {
      id: "mode",
      name: "Mode",
      way: "mode",
      category: "mode",
      value: "build",
      choices: [
        { value: "build", name: "Build", description: null },
        { value: "plan", name: "Plan", description: "Changes nothing" },
      ],
    },
    {
      id: "model",
      name: "Model",
      way: "model",
      category: "model",
      value: "m/1",
      choices: [{ value: "m/1", name: "One", description: null }],
    },
  ]);
});

test("an option stands for what an agent tells in both ways; groups are one list", () => {
  const config = { ...effort, id: "model", category: "model" };
  const options = readOptions({ modes, models, configOptions: [config, effort] });
  expect(options.map(({ id, way }) => `${id} ${way}`)).toEqual([
    "model config",
    "effort config",
    "mode mode",
  ]);
  expect(options[1]?.choices).toEqual([
    { value: "low", name: "Low", description: null },
    { value: "high", name: "high", description: null },
  ]);
});

test.each([undefined, null, 7, [], {}, [null], [{}], { currentModeId: 3 }, [{ id: "a" }]])(
  "%j is no settings",
  (value) => {
    expect(readOptions({ modes: value, models: value, configOptions: value })).toEqual([]);
    expect(readCommands(value)).toEqual([]);
  },
);

test("commands are named once, without slash and spaces", () => {
  const commands = [
    { name: "/init", description: "Begin", input: { hint: "what" } },
    { name: "init", description: "Again" },
    { name: "two words", description: "" },
    { name: "review", description: "x".repeat(600) },
  ];
  expect(readCommands(commands)).toEqual([
    { name: "init", description: "Begin", hint: "what" },
    { name: "review", description: "x".repeat(500), hint: null },
  ]);
});

test("of options without end the first are read, in time", () => {
  const configOptions = Array.from({ length: 100_000 }, (_, index) => ({
    ...effort,
    id: `option ${index}`,
  }));
  expect(readOptions({ configOptions })).toHaveLength(20);
  const tracker = createSettingsTracker();
  tracker.open("s", { modes });
  tracker.take("s", { sessionUpdate: "config_option_update", configOptions });
  expect(tracker.get("s").options).toHaveLength(20);
});

test("of sessions that were never opened little is kept, of opened ones all", () => {
  const tracker = createSettingsTracker();
  const tell = (sessionId: string) =>
    tracker.take(sessionId, {
      sessionUpdate: "available_commands_update",
      availableCommands: [{ name: "a" }],
    });
  const isKept = (sessionId: string) => tracker.get(sessionId).commands.length > 0;
  const strangers = Array.from({ length: 1_000 }, (_, index) => `stranger ${index}`);
  tracker.open("mine", {});
  for (const sessionId of strangers) tell(sessionId);
  expect(strangers.filter(isKept)).toHaveLength(20);
  tell("mine");
  expect(isKept("mine")).toBe(true);
});

test("what an agent says between turns is kept, and told only when it is new", () => {
  const tracker = createSettingsTracker();
  let told = 0;
  tracker.follow(() => (told += 1));
  tracker.take("s", {
    sessionUpdate: "available_commands_update",
    availableCommands: [{ name: "a" }],
  });
  tracker.open("s", { modes, configOptions: [effort] });
  tracker.take("s", { sessionUpdate: "current_mode_update", currentModeId: "build" });
  expect(told).toBe(2);
  tracker.take("s", { sessionUpdate: "current_mode_update", currentModeId: "plan" });
  tracker.take("s", {
    sessionUpdate: "config_option_update",
    configOptions: [{ ...effort, currentValue: "high" }],
  });
  tracker.take("s", { sessionUpdate: "config_option_update", configOptions: "?" });
  const { options, commands } = tracker.get("s");
  expect(options.map(({ id, value }) => `${id}=${value}`)).toEqual(["effort=high", "mode=plan"]);
  expect(commands).toHaveLength(1);
  expect(told).toBe(4);
  expect(tracker.get("other").options).toEqual([]);
});
